/**
 * Why a message has no time of its own and the time of its receipt stands in. `no_time`: there is nothing like a time;
 * `nil`: RFC 5424's `-`; `bad_pri`: it begins with `<` but with no PRI from 0 to 191; `impossible_date`: such as 30
 * February; `clock_not_set`: Cisco's `*`; `bad_timestamp`: GELF's is no positive number.
 */
export type TimeFallback = 'no_time' | 'nil' | 'bad_pri' | 'impossible_date' | 'clock_not_set' | 'bad_timestamp'
