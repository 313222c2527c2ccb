// Package connectors is the contract.
package connectors

import (
	_ "net/http"

	_ "github.com/pengikut/pengikut/config"       // want "a platform knows the nouns and the contract"
	_ "github.com/pengikut/pengikut/connectors/x" // want "may not know who keeps it"
	_ "github.com/pengikut/pengikut/influencer"
)
