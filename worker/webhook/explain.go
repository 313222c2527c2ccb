package webhook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"strings"
	"syscall"
)

// explain says why there was no answer, without the address, whose query may hold
// a secret.
func explain(err error) string {
	var call *url.Error
	if errors.As(err, &call) {
		err = call.Err
	}
	var lookup *net.DNSError
	var certificate *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var record tls.RecordHeaderError
	var timeout net.Error
	switch {
	case prohibited(err):
		return errPrivate.Error()
	case errors.As(err, &lookup):
		return "the host's name is not known or cannot be looked up"
	case errors.As(err, &certificate), errors.As(err, &unknown):
		return "the receiver's certificate is not valid"
	case errors.As(err, &record):
		return "the receiver does not speak TLS"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case errors.Is(err, syscall.ECONNRESET), strings.HasSuffix(err.Error(), "EOF"):
		return "the connection was cut"
	}
	return "the call failed: " + short(err.Error())
}

const maxError = 200

func short(s string) string {
	if len(s) > maxError {
		return s[:maxError] + "…"
	}
	return s
}
