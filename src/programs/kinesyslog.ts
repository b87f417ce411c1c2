import { runCommands } from '../host/run-command.ts'
import { kinesyslogInstall } from '../wiring/commands/kinesyslog/install.ts'

await runCommands('kinesyslog', [kinesyslogInstall], {version: '0'})
