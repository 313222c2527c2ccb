package x

import (
	"net/http"

	_ "github.com/pengikut/pengikut/connectors/connectortest"
	_ "github.com/pengikut/pengikut/connectors/simulator"
)

var fake = http.HandlerFunc(nil)
