package main

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"

	"github.com/pengikut/pengikut/web"
)

// exporter writes an export as it is made.
type exporter interface {
	Export(ctx context.Context, w io.Writer, e web.Export) error
}

func exporters() ways[exporter] {
	return ways[exporter]{existing, func(h *house) exporter { return localExport{h} }, func(r *remote) exporter { return remoteExport{r} }}
}

// localExport reads the database itself.
type localExport struct{ *house }

// Export writes an export.
func (l localExport) Export(ctx context.Context, w io.Writer, e web.Export) error {
	p, err := l.store.CurrentPolicy(ctx)
	if err != nil {
		return err
	}
	e.StaleBefore = l.now().Add(-p.EvidenceMaxAge)
	return web.WriteExport(ctx, w, l.store, e)
}

// remoteExport asks a service elsewhere.
type remoteExport struct{ *remote }

// Export passes the service's on. One that broke off is an error, however much of
// it came.
func (r remoteExport) Export(ctx context.Context, w io.Writer, e web.Export) error {
	query := url.Values{"lang": {string(e.Lang)}, "separator": {map[rune]string{',': "comma", '\t': "tab"}[e.Separator]},
		"agency": {e.Agency}, "platform": {string(e.Platform)}, "since": {timeText(e.Since)}}
	for name, values := range query {
		if values[0] == "" {
			delete(query, name)
		}
	}
	resp, err := r.stream(ctx, http.MethodGet, "/api/v1/export/"+string(e.Kind)+".csv", query, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); resp.StatusCode != http.StatusOK || kind != "text/csv" {
		_, err := answerOf[struct{}](r.remote, resp)
		if err == nil {
			err = r.stranger()
		}
		return err
	}
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("the export broke off: %w", r.plainly(err))
	}
	return nil
}
