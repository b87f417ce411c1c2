/**
 * What local time is at a time: by the variable `TZ`, or else as the machine is set. Only some English dialects have
 * a name for each zone, and none has all of them; the name is empty where none has one.
 */
export function localZoneAt(timeMs: number): { readonly offsetMinutes: number; readonly name: () => string } {
  const date = new Date(timeMs)
  // JavaScript counts westwards. Finding the name costs a hundred times as much.
  return { offsetMinutes: 0 - date.getTimezoneOffset(), name: () => nameOf(date) }
}

function nameOf(date: Date): string {
  for (const dialect of ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-ZA']) {
    const name = date.toLocaleTimeString(dialect, { timeZoneName: 'short' }).split(' ').at(-1) ?? ''
    if (/^[A-Z]{2,5}$/.test(name) && name !== 'AM' && name !== 'PM') return name
  }
  return ''
}
