#!/usr/bin/env bash
# Reserves an API group and prints its purchase id. docs/calling.md explains the rules.
#
#   reserve.sh URL DOMAIN_ID GROUP_ID IDEMPOTENCY_KEY
#
# Set AWS_REGION to the API's region. The call is then signed with AWS_ACCESS_KEY_ID,
# AWS_SECRET_ACCESS_KEY and, if set, AWS_SESSION_TOKEN. Without AWS_REGION the call is not signed,
# and only the local API accepts it.
#
# Exit status: 0 the tenant holds the group; 10 another tenant holds it; 11 the order is not settled,
# run it again later with the same key; 12 the call is wrong and this run reserved nothing.
set -euo pipefail

refused=10 outcome_unknown=11 wrong_call=12

end() {
  echo "$2" >&2
  exit "$1"
}

[[ $# = 4 && $1 =~ ^https?:// ]] || end $wrong_call "usage: reserve.sh URL DOMAIN_ID GROUP_ID IDEMPOTENCY_KEY"
url=$1 domain=$2 group=$3 key=$4
if [ -n "${AWS_REGION:-}" ]; then
  [ -n "${AWS_ACCESS_KEY_ID:-}" ] || end $wrong_call "No credentials: AWS_ACCESS_KEY_ID is not set."
  [ -n "${AWS_SECRET_ACCESS_KEY:-}" ] || end $wrong_call "No credentials: AWS_SECRET_ACCESS_KEY is not set."
fi

# curl reads this from a pipe, because all users of this machine can see a process's arguments.
signature() {
  if [ -n "${AWS_REGION:-}" ]; then
    printf 'aws-sigv4 = "aws:amz:%s:execute-api"\n' "$AWS_REGION"
    printf 'user = "%s:%s"\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"
    [ -z "${AWS_SESSION_TOKEN:-}" ] || printf 'header = "X-Amz-Security-Token: %s"\n' "$AWS_SESSION_TOKEN"
  fi
}

# Prints the response's body, a line feed, and its status. --disable ignores ~/.curlrc.
post() {
  curl --disable --silent --globoff --connect-timeout 3 --max-time 10 --write-out '\n%{http_code}' \
    --config <(signature) \
    --header 'Content-Type: application/json' \
    --header "X-Domain-Id: $domain" \
    --header "Idempotency-Key: $key" \
    --data "{\"group_id\": \"$group\"}" \
    "$url"
}

calls=5
pause_ms=500 # doubles after each call
unknown=no
for ((call = 1; call <= calls; call++)); do
  if response=$(post); then
    status=${response##*$'\n'}
    body=${response%$'\n'*}
  else
    status=none
    body="no response"
  fi
  purchase=$(sed -n 's/.*"purchase_id" *: *"\([^"]*\)".*/\1/p' <<<"$body")
  case $status in
    201 | 409)
      if [ -n "$purchase" ]; then # A 409 has one if the tenant holds the group.
        echo "$purchase"
        exit 0
      fi
      # Without an error code the response is a proxy's page, not the API's.
      [[ $status != 409 || $body != *'"error_code"'* ]] || end $refused "$body"
      unknown=yes
      ;;
    429) ;;
    408) unknown=yes ;;
    4??)
      [ $unknown = no ] || end $outcome_unknown "$body" # An earlier call may have reserved the group.
      end $wrong_call "$body"
      ;;
    *) unknown=yes ;;
  esac
  echo "call $call of $calls: $status $body" >&2
  if ((call < calls)); then
    ms=$((pause_ms / 2 + RANDOM % (pause_ms / 2)))
    sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
    pause_ms=$((pause_ms * 2))
  fi
done
end $outcome_unknown "The order is not settled. Run this again later with the same key."
