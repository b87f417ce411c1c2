/**
 * The OpenSSL configuration of the service; of the file which OPENSSL_CONF names Node reads the section which
 * `nodejs_conf` names, or `openssl_conf` where it was built to share the system's. The Splunk app has one of its own.
 *
 * After the handshake of TLS 1.3 a server sends two session tickets, and Node has no option against it
 * (SSL_OP_NO_TICKET only changes what they hold). A sender which never reads and closes right behind its burst has them
 * unread: its kernel then resets the connection and throws away what it has not sent yet. Here no session is ever
 * resumed, so nobody misses them.
 */
export const opensslConfig = `# What OpenSSL does for kinesyslog. This file is kept by "kinesyslog install".
nodejs_conf = kinesyslog
openssl_conf = kinesyslog

[kinesyslog]
ssl_conf = tls

[tls]
system_default = sockets

# No session tickets: senders which never read would lose the end of what they send.
[sockets]
NumTickets = 0
`
