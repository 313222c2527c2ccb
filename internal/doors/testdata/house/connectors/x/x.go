// Package x is a platform.
package x

import (
	"net/http"

	_ "github.com/dghubble/go-twitter/twitter"
	_ "github.com/pengikut/pengikut/connectors"
	_ "github.com/pengikut/pengikut/connectors/connectortest" // want "must not be shipped"
	_ "github.com/pengikut/pengikut/connectors/graph"
	_ "github.com/pengikut/pengikut/connectors/instagram" // want "may not lean on another"
	_ "github.com/pengikut/pengikut/internal/testservers" // want "must not be shipped"
	_ "github.com/pengikut/pengikut/store"                // want "a platform knows the nouns and the contract"
)

// Client is a client, not a server.
var Client = http.Client{}

// Hook serves.
func Hook() {
	http.HandleFunc("/", nil) // want "uses http.HandleFunc"
	_ = http.StatusOK
}

func hidden(http struct{ Handle int }) int { return http.Handle }
