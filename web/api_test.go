package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/pengikut/pengikut/influencer"
)

// everything is an API whose services do nothing but be there.
func everything(t *testing.T) (*api, *Server) {
	t.Helper()
	o := Options{Keys: someKeys{}, Services: Services{
		People: &twoPeople{}, Keys: &keyring{}, Import: &rosterTaker{}, Platforms: nil,
	}, Platforms: []influencer.Platform{influencer.X}}
	_ = o
	return nil, nil
}
