"""trust_store.py CERTIFICATES.pem TARGET.p12: the certificates as a trust store that Java reads (password `podlake`)."""

import sys
import warnings

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12

pem, target = sys.argv[1:]
warnings.simplefilter("ignore")  # some public roots have odd serial numbers; Java takes them all the same
with open(pem, "rb") as source:
    by_content = {c.public_bytes(Encoding.DER): c for c in x509.load_pem_x509_certificates(source.read())}
entries = [pkcs12.PKCS12Certificate(c, f"ca-{i}".encode()) for i, c in enumerate(by_content.values())]
with open(target, "wb") as store:
    store.write(pkcs12.serialize_java_truststore(entries, BestAvailableEncryption(b"podlake")))
