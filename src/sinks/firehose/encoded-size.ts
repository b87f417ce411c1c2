/** `{"Data":"` and `"},` */
const aroundRecord = 12

/** `{"DeliveryStreamName":"` and `","Records":[` and `]}` */
const aroundRecords = 38

/** What a record of so many bytes takes in a request: base64, and what JSON puts around it. */
export function encodedBytes(bytes: number): number {
  return 4 * Math.ceil(bytes / 3) + aroundRecord
}

/** What a request takes besides its records. Stream names are ASCII. */
export function envelopeBytes(stream: string): number {
  return stream.length + aroundRecords
}
