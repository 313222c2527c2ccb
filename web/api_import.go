package web

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/pengikut/pengikut/influencer"
)

// Importer takes in people and their accounts.
type Importer interface {
	// Import reads the rows as they come; see [influencer.ReadRoster].
	Import(ctx context.Context, rows func(func(influencer.Row) error) error, o influencer.ImportOptions) (influencer.ImportReport, error)
}

// Limits of an import.
const (
	maxRoster       = 512 << 20 // bytes: the accounts of some three million people
	rosterTimeout   = 15 * time.Minute
	rosterSilence   = 30 * time.Second // without a byte
	maxToldProblems = 1000
)

// ImportReport tells what an import did, or would do.
type ImportReport struct {
	DryRun         bool            `json:"dry_run" doc:"Nothing was changed"`
	Rows           int             `json:"rows" minimum:"0" doc:"Good rows of the file"`
	People         ImportCounts    `json:"people"`
	Accounts       ImportCounts    `json:"accounts"`
	Problems       []ImportProblem `json:"problems" doc:"Rows that were left out, by line; the first thousand"`
	MoreProblems   int             `json:"more_problems" minimum:"0" doc:"Problems beyond those"`
	UnknownColumns []string        `json:"unknown_columns" doc:"Columns that mean nothing here"`
}

// ImportCounts are the rows of one kind.
type ImportCounts struct {
	Added     int `json:"added" minimum:"0"`
	Updated   int `json:"updated" minimum:"0"`
	Unchanged int `json:"unchanged" minimum:"0"`
}

// ImportProblem is why one row was left out.
type ImportProblem struct {
	Line int    `json:"line" minimum:"0" doc:"In the file, from 1"`
	Text string `json:"text"`
}

type importInput struct {
	DryRun bool `query:"dry_run" doc:"Tell what would change, and change nothing"`
	body   io.Reader
}

// Resolve keeps the body for the handler, which reads it as it comes. It makes
// importInput a [huma.Resolver].
func (in *importInput) Resolve(ctx huma.Context) []error {
	r, w := humago.Unwrap(ctx)
	in.body = &patient{r: r.Body, control: http.NewResponseController(w)}
	return nil
}

func (a *api) importRoutes(importer Importer) {
	route(a, routeSpec{
		method: http.MethodPost, path: "/api/v1/import", id: "import-people", tag: "people", who: admins, allAgencies: true,
		summary: "Take in people and their accounts",
		description: "The body is people.csv: a header nip,name,agency,unit,platform,handle,external_id and one row per account. " +
			"A row that cannot be taken is reported with its line and left out; the rest go in. A second import of the same file changes nothing. " +
			"When the body breaks off, the rows before stay: send it again.",
		maxBody: maxRoster, timeout: rosterTimeout, streams: true, perMinute: 6, takes: "text/csv",
		errors: []int{http.StatusUnprocessableEntity},
	}, func(ctx context.Context, in *importInput) (*reply[ImportReport], error) {
		ctx, cancel := context.WithTimeout(ctx, rosterTimeout)
		defer cancel()
		var roster influencer.RosterReport
		rows := func(take func(influencer.Row) error) (err error) {
			roster, err = influencer.ReadRoster(in.body, a.now(), a.knows, take)
			return err
		}
		report, err := importer.Import(ctx, rows, influencer.ImportOptions{DryRun: in.DryRun, At: a.now(), Actor: principalOf(ctx).actor()})
		if err != nil {
			return nil, err
		}
		return &reply[ImportReport]{importView(report, roster, in.DryRun)}, nil
	})
}

func importView(r influencer.ImportReport, roster influencer.RosterReport, dryRun bool) ImportReport {
	all := slices.Concat(roster.Problems, r.Problems)
	slices.SortStableFunc(all, func(a, b influencer.RosterProblem) int { return cmp.Compare(a.Line, b.Line) })
	told := all[:min(len(all), maxToldProblems)]
	return ImportReport{
		DryRun: dryRun, Rows: r.Rows,
		People:   ImportCounts{r.PeopleAdded, r.PeopleUpdated, r.PeopleUnchanged},
		Accounts: ImportCounts{r.AccountsAdded, r.AccountsUpdated, r.AccountsUnchanged},
		Problems: each(told, func(p influencer.RosterProblem) ImportProblem { return ImportProblem(p) }),

		MoreProblems:   len(all) - len(told) + roster.More + r.More,
		UnknownColumns: append([]string{}, roster.Unknown...),
	}
}

// knows tells whether there is such a platform.
func (a *api) knows(p influencer.Platform) bool { return slices.Contains(a.platforms, p) }

// patient reads a long body as long as something comes.
type patient struct {
	r       io.Reader
	control *http.ResponseController
}

// Read gives the client some time for the next bytes, and tells in problems what
// is its fault.
func (p *patient) Read(b []byte) (int, error) {
	_ = p.control.SetReadDeadline(time.Now().Add(rosterSilence)) // a test without a connection needs none
	n, err := p.r.Read(b)
	switch _, large := errors.AsType[*http.MaxBytesError](err); {
	case err == nil || err == io.EOF || large:
		return n, err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return n, refusal(http.StatusRequestTimeout, "The body came too slowly.")
	}
	return n, refusal(http.StatusBadRequest, "The body broke off.")
}
