// Package simulator is a fake platform, and so serves.
package simulator

import "net/http"

// Handler is fine here.
var Handler = http.HandlerFunc(nil)
