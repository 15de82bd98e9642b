#!/usr/bin/env bash
# Reserves an API group and prints its purchase id. docs/calling.md explains the rules.
#
#   reserve.sh URL DOMAIN_ID GROUP_ID IDEMPOTENCY_KEY
#
# AWS_REGION names the region of the API. The call is then signed with AWS_ACCESS_KEY_ID,
# AWS_SECRET_ACCESS_KEY and, if it is set, AWS_SESSION_TOKEN. Without AWS_REGION the call is not
# signed; only the local API takes it then.
#
# Exit status: 0 the tenant holds the group; 1 refused for good; 2 not known, run it again later with
# the same key.
set -euo pipefail

url=$1 domain=$2 group=$3 key=$4
attempts=5
pause_ms=500 # doubles after each attempt

# From a pipe, since everybody on this machine can read the arguments of a process.
signature() {
  if [ -n "${AWS_REGION:-}" ]; then
    printf 'aws-sigv4 = "aws:amz:%s:execute-api"\n' "$AWS_REGION"
    printf 'user = "%s:%s"\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"
    [ -z "${AWS_SESSION_TOKEN:-}" ] || printf 'header = "X-Amz-Security-Token: %s"\n' "$AWS_SESSION_TOKEN"
  fi
}

# The body of the response, a line feed, and its status.
post() {
  curl --silent --connect-timeout 3 --max-time 10 --write-out '\n%{http_code}' \
    --config <(signature) \
    --header 'Content-Type: application/json' \
    --header "X-Domain-Id: $domain" \
    --header "Idempotency-Key: $key" \
    --data "{\"group_id\": \"$group\"}" \
    "$url"
}

for ((attempt = 1; attempt <= attempts; attempt++)); do
  if response=$(post); then
    status=${response##*$'\n'}
    body=${response%$'\n'*}
  else
    status=none
    body="no answer"
  fi
  purchase=$(sed -n 's/.*"purchase_id" *: *"\([^"]*\)".*/\1/p' <<<"$body")
  case $status in
    201 | 409) # A 409 has a purchase id if the tenant holds the group.
      if [ -n "$purchase" ]; then
        echo "$purchase"
        exit 0
      fi
      echo "$body" >&2
      exit 1
      ;;
    429 | 5?? | none)
      echo "attempt $attempt of $attempts: $status $body" >&2
      ;;
    *)
      echo "$body" >&2
      exit 1
      ;;
  esac
  if ((attempt < attempts)); then
    ms=$((pause_ms / 2 + RANDOM % (pause_ms / 2)))
    sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
    pause_ms=$((pause_ms * 2))
  fi
done
echo "Not known whether the group is reserved. Run this again later with the same key." >&2
exit 2
