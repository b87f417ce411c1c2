/** What an operation answers, ready for JSON: blobs as base64, timestamps as epoch seconds. */
export type Json = null | string | number | boolean | readonly Json[] | { readonly [name: string]: Json | undefined }
