#!/bin/sh
# Runs the modular input this file is named after. Splunk brings no Node.js any more: this takes the first one of the
# host which is new enough, and becomes it, so that the stop signal reaches it.

case $0 in
  */*) bin=${0%/*} ;;
  *) bin=. ;;
esac
scheme=${0##*/}
scheme=${scheme%.sh}
wanted_major=22
wanted_minor=22

# Splunk's libraries and settings are for Splunk's own programs; they break others.
clean_environment() {
  unset LD_LIBRARY_PATH NODE_PATH NODE_OPTIONS OPENSSL_CONF
}

is_splunks_own() {
  [ -n "$SPLUNK_HOME" ] && [ "$1" = "$SPLUNK_HOME/bin/node" ]
}

version_of() {
  (
    is_splunks_own "$1" || clean_environment
    "$1" --version 2>/dev/null
  )
}

is_new_enough() {
  numbers=${1#v}
  major=${numbers%%.*}
  rest=${numbers#*.}
  minor=${rest%%.*}
  case $major$minor in
    '' | *[!0-9]*) return 1 ;;
  esac
  [ "$major" -gt "$wanted_major" ] || { [ "$major" -eq "$wanted_major" ] && [ "$minor" -ge "$wanted_minor" ]; }
}

# Where the scheme has settings for OpenSSL, its Node.js gets them.
settings=$bin/$scheme.cnf
[ -f "$settings" ] || settings=

found=
for node in \
  "$KINLOADER_NODE" \
  "$bin/../linux_x86_64/bin/node" \
  "${SPLUNK_HOME:+$SPLUNK_HOME/bin/node}" \
  "$(command -v node 2>/dev/null)" \
  /usr/local/bin/node \
  /usr/bin/node
do
  [ -n "$node" ] && [ -x "$node" ] || continue
  version=$(version_of "$node") || continue
  if is_new_enough "$version"; then
    # Splunk's own keeps those of Splunk, which may be bound to FIPS.
    if is_splunks_own "$node"; then settings=; else clean_environment; fi
    # One thread collects garbage: several cost a fifth more CPU, which belongs to splunkd; and it does not pile up.
    exec "$node" --no-warnings --single-threaded-gc --max-semi-space-size=8 ${settings:+"--openssl-config=$settings"} \
      "$bin/app/$scheme.js" "$@"
  fi
  found="$found $node is ${version:-of an unknown version};"
done

echo "ERROR kinloader needs Node.js >= $wanted_major.$wanted_minor on this machine: install it, or set KINLOADER_NODE in splunk-launch.conf to its path.${found:+ Too old:}${found%;}" >&2
exit 1
