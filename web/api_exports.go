package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/pengikut/pengikut/influencer"
)

// exportSilence is how long a client may take to read the next piece of an export.
const exportSilence = 2 * time.Minute

type exportInput struct {
	Agency    string    `query:"agency" maxLength:"200" doc:"Only this agency, by its whole name"`
	Platform  string    `query:"platform" format:"platform" doc:"Only this platform"`
	Since     time.Time `query:"since" doc:"Only what is from then or later: holders by the day their status began, accounts and readings by the last read" example:"2026-11-01T00:00:00+07:00"`
	Lang      string    `query:"lang" enum:"id,en" default:"id" doc:"Language of the header"`
	Separator string    `query:"separator" enum:"semicolon,comma,tab" default:"semicolon" doc:"Between cells: Excel in Indonesian settings wants a semicolon, in English ones a comma"`
}

var exportTexts = map[ExportKind]string{
	ExportInfluencers: "Who holds the status, as a CSV for Excel",
	ExportAccounts:    "Every account and why one is not read, as a CSV for Excel",
	ExportReadings:    "Every reading, as a CSV for Excel",
}

func (a *api) exportRoutes(from ExportSource, rule Rule, columns []PlatformMetric) {
	for _, kind := range ExportKinds() {
		route(a, routeSpec{
			method: http.MethodGet, path: "/api/v1/export/" + string(kind) + ".csv", id: "export-" + string(kind), tag: "exports", who: viewers,
			summary: exportTexts[kind], streams: true, perMinute: 6, gives: "text/csv",
			description: "UTF-8 with a byte order mark. A NIP is text in groups of 8 6 1 3 digits, masked for keys with the role viewer; times are in WIB; " +
				"an unknown number is empty. A text that a spreadsheet would run as a formula or take for a number begins with an apostrophe. " +
				"An answer that ends without its last chunk broke off.",
		}, func(ctx context.Context, in *exportInput) (*huma.StreamResponse, error) {
			who := principalOf(ctx)
			agency, err := who.agency(in.Agency)
			if err != nil {
				return nil, err
			}
			staleBefore, err := a.staleBefore(ctx, rule)
			if err != nil {
				return nil, err
			}
			e := Export{
				Kind: kind, Agency: agency, Platform: influencer.Platform(in.Platform), Since: in.Since, Lang: influencer.Lang(in.Lang),
				Separator: separators[in.Separator], Viewer: who.viewer(), Actor: who.actor(), Platforms: columns, StaleBefore: staleBefore,
			}
			return &huma.StreamResponse{Body: func(c huma.Context) { a.sendExport(c, from, e) }}, nil
		})
	}
}

var separators = map[string]rune{"semicolon": ';', "comma": ',', "tab": '\t'}

// sendExport sends an export as it is made. One that fails after its first piece
// is cut off, so that half of it does not look like all of it.
func (a *api) sendExport(c huma.Context, from ExportSource, e Export) {
	r, w := humago.Unwrap(c)
	out := &piecemeal{w: w, control: http.NewResponseController(w), name: string(e.Kind) + "-" + a.now().In(influencer.WIB).Format(time.DateOnly) + ".csv"}
	err := WriteExport(r.Context(), out, from, e)
	switch {
	case err == nil:
		return
	case !out.begun:
		a.writeProblem(w, r, err)
		return
	case r.Context().Err() == nil:
		a.log.ErrorContext(r.Context(), "export broke off", "request_id", requestID(r.Context()), "export", e.Kind, "error", err)
	}
	panic(http.ErrAbortHandler)
}

// piecemeal sends a file, as long as the client goes on reading.
type piecemeal struct {
	w       http.ResponseWriter
	control *http.ResponseController
	name    string
	begun   bool
}

// Write sends the headers with the first piece.
func (p *piecemeal) Write(b []byte) (int, error) {
	if !p.begun {
		p.begun = true
		p.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		p.w.Header().Set("Content-Disposition", `attachment; filename="`+p.name+`"`)
	}
	_ = p.control.SetWriteDeadline(time.Now().Add(exportSilence)) // a test without a connection needs none
	return p.w.Write(b)
}
