#!/bin/bash
# Health check of the image: ask /health/live where `okr-api serve` listens, by the shell alone.
# The server writes its address into OKR_ADDRESS_FILE, so that the check follows --host and --port.
address=
[[ -r ${OKR_ADDRESS_FILE:-} ]] && read -r address <"$OKR_ADDRESS_FILE"
authority=${address#http://}
authority=${authority:-127.0.0.1:${OKR_PORT:-8000}}
host=${authority%:*}
host=${host#\[}
exec 3<>"/dev/tcp/${host%\]}/${authority##*:}" || exit 1
printf 'GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
read -r -t 4 _ status _ <&3
[[ $status == 200 ]] || exit 1
