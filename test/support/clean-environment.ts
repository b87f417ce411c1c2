/** Before any test: what the developer's shell says about AWS, proxies and the commands decides nothing. */
for (const name of Object.keys(process.env)) {
  if (/^(AWS_|LOG_|HTTPS?_PROXY$|NO_PROXY$|CHECKPOINT_FILE$|MAX[-_]RATE$)/i.test(name))
    Reflect.deleteProperty(process.env, name)
}
