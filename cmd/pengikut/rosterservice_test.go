package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pengikut/pengikut/config"
)

// TestAfarImportOfASlowFile: who writes the file has written nothing yet, and the
// service has answered already, or nobody wants to wait any more.
func TestAfarImportOfASlowFile(t *testing.T) {
	t.Parallel()
	const answer = `{"title":"The request is not valid","status":422,"detail":"no"}`
	for name, answers := range map[string]bool{"the service answers early": true, "the command is interrupted": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			in, producer := io.Pipe()
			t.Cleanup(func() { producer.Close() })
			reads := &noticed{Reader: in, began: make(chan struct{})}
			over := make(chan struct{})
			service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_ = http.NewResponseController(w).EnableFullDuplex()
				w.WriteHeader(http.StatusContinue)
				<-reads.began
				if !answers {
					cancel()
					<-over
					return
				}
				w.Header().Set("Content-Type", "application/problem+json")
				w.WriteHeader(http.StatusUnprocessableEntity)
				_, _ = io.WriteString(w, answer)
			}))
			defer service.Close()
			defer close(over)
			var c config.Config
			c.Server.URL = service.URL
			done := make(chan error, 1)
			go func() {
				_, _, err := remoteRoster{newRemote(c)}.Take(ctx, reads, true, func() {})
				done <- err
			}()
			select {
			case err := <-done:
				if answers && (err == nil || !strings.Contains(err.Error(), "the service says")) || !answers && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			case <-time.After(30 * time.Second):
				t.Error("it hangs until the file goes on")
			}
		})
	}
}

// noticed tells when it is read first.
type noticed struct {
	io.Reader
	began chan struct{}
	read  bool
}

func (n *noticed) Read(b []byte) (int, error) {
	if !n.read {
		n.read = true
		close(n.began)
	}
	return n.Reader.Read(b)
}

// TestTapTellsNothingMore: what is read after the answer is there is not told.
func TestTapTellsNothingMore(t *testing.T) {
	t.Parallel()
	in, producer := io.Pipe()
	defer producer.Close()
	body := newTap(in, func() { t.Error("told after it was shut") })
	read := make(chan error, 1)
	go func() {
		_, err := body.Read(make([]byte, 10))
		read <- err
	}()
	body.shut()
	if err := <-read; !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
}
