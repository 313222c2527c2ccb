package main

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// rosterTaker takes in people and their accounts.
type rosterTaker interface {
	// Take reads the roster as it comes, and tells what it did, or would do.
	// progress is called now and then.
	Take(ctx context.Context, in io.Reader, dryRun bool, progress func()) (influencer.RosterReport, influencer.ImportReport, error)
}

func (a *app) rosters() ways[rosterTaker] {
	return ways[rosterTaker]{founding, func(h *house) rosterTaker { return localRoster{h, a.actor()} }, func(r *remote) rosterTaker { return remoteRoster{r} }}
}

// localRoster works on the database itself.
type localRoster struct {
	*house
	by string
}

// Take reads and stores the rows as they come.
func (l localRoster) Take(ctx context.Context, in io.Reader, dryRun bool, progress func()) (influencer.RosterReport, influencer.ImportReport, error) {
	var roster influencer.RosterReport
	rows := func(take func(influencer.Row) error) (err error) {
		roster, err = influencer.ReadRoster(in, l.now(), knownPlatform, take)
		return err
	}
	report, err := l.store.Import(ctx, rows, influencer.ImportOptions{DryRun: dryRun, At: l.now(), Actor: l.by, Progress: func(int) { progress() }})
	return roster, report, err
}

// remoteRoster sends the file to a service elsewhere.
type remoteRoster struct{ *remote }

// rosterTimeout is longer than the service takes at most.
const rosterTimeout = 20 * time.Minute

// Take sends the file as it is read. The client waits for a read under way before
// it gives up, and so the end of ctx shuts the file first.
func (r remoteRoster) Take(ctx context.Context, in io.Reader, dryRun bool, progress func()) (influencer.RosterReport, influencer.ImportReport, error) {
	ctx, cancel := context.WithTimeout(ctx, rosterTimeout)
	defer cancel()
	body := newTap(in, progress)
	defer body.shut()
	defer context.AfterFunc(ctx, body.shut)()
	resp, err := r.stream(ctx, http.MethodPost, "/api/v1/import", url.Values{"dry_run": {strconv.FormatBool(dryRun)}}, body)
	if err != nil {
		return influencer.RosterReport{}, influencer.ImportReport{}, err
	}
	report, err := answerOf[web.ImportReport](r.remote, resp)
	return rosterReportOf(report), importReportOf(report), err
}

func rosterReportOf(v web.ImportReport) influencer.RosterReport {
	return influencer.RosterReport{Rows: v.Rows, More: v.MoreProblems, Unknown: v.UnknownColumns,
		Problems: mapped(v.Problems, func(p web.ImportProblem) influencer.RosterProblem { return influencer.RosterProblem(p) })}
}

func importReportOf(v web.ImportReport) influencer.ImportReport {
	return influencer.ImportReport{Rows: v.Rows, PeopleAdded: v.People.Added, PeopleUpdated: v.People.Updated, PeopleUnchanged: v.People.Unchanged,
		AccountsAdded: v.Accounts.Added, AccountsUpdated: v.Accounts.Updated, AccountsUnchanged: v.Accounts.Unchanged}
}

// tap is a body that tells when some of it was read, until it is shut: a client may
// go on reading for a moment after the answer is there. Shutting it waits for
// nobody, and ends a read that waits for who writes the file.
type tap struct {
	from *io.PipeReader
	told func()

	mu     sync.Mutex
	closed bool
}

// newTap begins to read, a little ahead of who reads the tap. A read of the file
// that waits when the tap is shut is left behind.
func newTap(file io.Reader, told func()) *tap {
	from, to := io.Pipe()
	go func() {
		_, err := io.Copy(to, file)
		_ = to.CloseWithError(err) // never fails
	}()
	return &tap{from: from, told: told}
}

// Read reads on.
func (t *tap) Read(b []byte) (int, error) {
	n, err := t.from.Read(b)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return 0, io.ErrClosedPipe
	}
	t.told()
	return n, err
}

func (t *tap) shut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	_ = t.from.Close() // never fails
}
