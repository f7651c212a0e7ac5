#!/bin/sh
# Makes the certificates of this folder anew: an authority that only tests trust, a good server
# certificate, one that ended in 2001, and one for this machine (`local.pem`). Needs openssl 3. The keys protect nothing.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
request() { # NAME SUBJECT
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -keyout "$work/$1.key" -out "$work/$1.csr" -subj "/CN=$2" 2>/dev/null
}
sign() { # NAME EXTENSIONS FROM UNTIL OUT, and how
  name=$1 extensions=$2 from=$3 until=$4 out=$5; shift 5
  openssl ca -batch -config "$work/ca.conf" -keyfile "$work/ca.key" -in "$work/$name.csr" -notext \
    -extfile "$work/$extensions" -startdate "$from" -enddate "$until" -out "$out" "$@" 2>/dev/null
}
printf '%s\n' "basicConstraints=critical,CA:TRUE" "keyUsage=critical,keyCertSign,cRLSign" \
  "subjectKeyIdentifier=hash" > "$work/ca.ext"
printf '%s\n' "basicConstraints=critical,CA:FALSE" "keyUsage=critical,digitalSignature" \
  "extendedKeyUsage=serverAuth" "subjectAltName=DNS:public.example,DNS:other.example" \
  "subjectKeyIdentifier=hash" "authorityKeyIdentifier=keyid" > "$work/server.ext"
sed "s/^subjectAltName=.*/subjectAltName=DNS:localhost,IP:127.0.0.1/" \
  "$work/server.ext" > "$work/local.ext"
sed "s/^subjectAltName=.*/&,DNS:localhost/" "$work/server.ext" > "$work/every.ext"
printf '%s\n' "[ca]" "default_ca=d" "[d]" "database=$work/index" "serial=$work/serial" \
  "new_certs_dir=$work" "default_md=sha256" "policy=p" "unique_subject=no" "[p]" \
  "commonName=supplied" > "$work/ca.conf"
: > "$work/index"
echo 01 > "$work/serial"
request ca "Engaged test authority"
request server public.example
request local localhost
sign ca ca.ext 20000101000000Z 21200101000000Z authority.pem -selfsign
sign server server.ext 20000101000000Z 21200101000000Z "$work/good.crt" -cert authority.pem
sign server every.ext 20000101000000Z 20010101000000Z "$work/expired.crt" -cert authority.pem
sign local local.ext 20000101000000Z 21200101000000Z "$work/local.crt" -cert authority.pem
cat "$work/good.crt" "$work/server.key" > good.pem
cat "$work/expired.crt" "$work/server.key" > expired.pem
cat "$work/local.crt" "$work/local.key" > local.pem
rm -r "$work"
