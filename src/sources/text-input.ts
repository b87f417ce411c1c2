/** Where text comes from which has still to be cut into events: stdin, or a command's output. */
export interface TextInput {
  /**
   * The bytes as they come; asked for once. Ends with the input, or when the program was told to stop and what there
   * was until then has been read. Throws `INPUT_FAILED`. Nobody who does not ask for more gets more.
   */
  read(): AsyncIterable<Uint8Array>
  /** Asked after the end: what the program shall exit with if nothing else is wrong. */
  exitCode(): Promise<number>
  /** Asked after the end: whether a stop has left something behind that was there to be read. */
  isCut(): boolean
  /** Nothing more will be read, whatever there is. Twice is fine. */
  close(): void
}
