import { autoDecoder } from '../codecs/auto.ts'
import { jsonLinesDecoder } from '../codecs/json-lines.ts'
import { logRecordDecoder } from '../codecs/log-record.ts'
import { SplunkXmlEncoder, type EventOrigin } from '../codecs/splunk-xml.ts'
import { textDecoder } from '../codecs/text.ts'
import type { Decoder } from '../core/codec.ts'
import type { LogEvent } from '../core/event.ts'
import type { Counters } from '../core/metrics.ts'
import type { EventMetadata } from './inputs/event-metadata.ts'
import type { KinloaderSettings } from './inputs/kinloader-settings.ts'

/** Of events whose record and input name none; the app's props keep it from being cut or joined. */
const defaultSourcetype = 'kinloader'

/** How an input's records are read. */
export function recordDecoder(settings: KinloaderSettings): Decoder<LogEvent> {
  switch (settings.recordFormat) {
    case 'auto':
      return autoDecoder
    case 'log-record':
      return logRecordDecoder
    case 'text':
      return textDecoder
    case 'json':
      return jsonLinesDecoder
  }
}

/** How an input's events are written. */
export function splunkEncoder(
  settings: Pick<KinloaderSettings, 'fallback' | 'override'>,
  counters: Counters,
): SplunkXmlEncoder {
  return new SplunkXmlEncoder({
    counters,
    fallback: { sourcetype: defaultSourcetype, ...said(settings.fallback) },
    override: said(settings.override),
  })
}

function said({ host, source, sourcetype, index }: EventMetadata): EventOrigin {
  return {
    ...(host !== undefined && { host }),
    ...(source !== undefined && { source }),
    ...(sourcetype !== undefined && { sourcetype }),
    ...(index !== undefined && { index }),
  }
}
