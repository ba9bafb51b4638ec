#!/bin/sh
# `make servers`: installs the servers, and the browser, that some tests start as processes of their own. Nothing is left running.
set -eu

# A server that speaks MongoDB's wire protocol, in an environment of its own: no test imports it.
mongo=.venv-mongo
if [ ! -x "$mongo/bin/secantusd-py" ]; then
  echo "Installing SecantusDB into $mongo, for the tests of documents on MongoDB."
  python3 -m venv "$mongo"
  "$mongo/bin/pip" install --quiet secantusdb==0.7.0b3
fi

packages=""
[ -x /usr/sbin/vsftpd ] || packages="$packages vsftpd"
[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || packages="$packages rabbitmq-server"
[ -x /usr/lib/dovecot/imap ] || packages="$packages dovecot-imapd"
command -v chromium >/dev/null || command -v google-chrome >/dev/null || packages="$packages chromium"
command -v systemd-analyze >/dev/null || packages="$packages systemd"
if [ -z "$packages" ]; then
  echo "The tests' servers are there: vsftpd, dovecot-imapd, rabbitmq-server; and chromium."
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "Please install$packages by hand: there is no apt-get here." >&2
  exit 1
fi
root=""
[ "$(id -u)" -eq 0 ] || root="sudo"

echo "Installing$packages with apt-get, for the tests of FTPS, of mailboxes, of clusters and of pages that need JavaScript."
# Debian starts what it installs, unless this file says no. One that is there already is left as it is.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | $root tee "$policy" >/dev/null
  $root chmod 755 "$policy"
  trap '$root rm -f "$policy"' EXIT
fi
$root apt-get update -qq
# shellcheck disable=SC2086 - several words
$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
if [ -d /run/systemd/system ]; then
  for package in $packages; do
    $root systemctl disable --quiet --now "${package%-imapd}" 2>/dev/null || true
  done
fi
echo "Installed; the services of this machine are as they were, none was started."
