package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pengikut/pengikut/connectors/simulator"
)

// watched is a stream that a test can wait on. It is safe for concurrent use.
type watched struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed and replaced at every write
}

func newWatched() *watched { return &watched{more: make(chan struct{})} }

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.more)
	w.more = make(chan struct{})
	return w.text.Write(p)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// await waits until the pattern shows, and returns its groups.
func (w *watched) await(t *testing.T, pattern string) []string {
	t.Helper()
	late := time.After(time.Minute)
	for {
		w.mu.Lock()
		text, more := w.text.String(), w.more
		w.mu.Unlock()
		if m := regexp.MustCompile(pattern).FindStringSubmatch(text); m != nil {
			return m
		}
		select {
		case <-more:
		case <-late:
			t.Fatalf("never saw %s in\n%s", pattern, text)
		}
	}
}

// eventually asks again and again until done says yes.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	eventuallyIn(t, time.Minute, what, done)
}

func eventuallyIn(t *testing.T, most time.Duration, what string, done func() bool) {
	t.Helper()
	late, again := time.After(most), time.NewTicker(50*time.Millisecond)
	defer again.Stop()
	for !done() {
		select {
		case <-again.C:
		case <-late:
			t.Fatalf("never: %s", what)
		}
	}
}

// process is a run of the program that goes on beside the test.
type process struct {
	out, err *watched
	stop     context.CancelFunc
	exit     chan int
}

// start runs a command on the wall's clock until it is stopped.
func (c *cli) start(args ...string) *process {
	a, _, _ := c.app("")
	ctx, stop := context.WithCancel(context.Background())
	p := &process{out: newWatched(), err: newWatched(), stop: stop, exit: make(chan int, 1)}
	a.out, a.err, a.now = p.out, p.err, time.Now
	go func() { p.exit <- a.run(ctx, args) }()
	c.t.Cleanup(func() { p.end(c.t) })
	return p
}

// end stops the process and expects an orderly end.
func (p *process) end(t testing.TB) {
	p.stop()
	if p.exit == nil {
		return
	}
	began := time.Now()
	if code := <-p.exit; code != exitDone {
		t.Errorf("exit %d\n%s", code, p.err)
	}
	if took := time.Since(began); took > stopTime {
		t.Errorf("took %v to stop", took)
	}
	p.exit = nil
}

func get(url string) (int, string) {
	resp, err := http.Get(url)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

// TestServe lets the service read everybody by itself, in one process on SQLite
// and in two that split the roles on Postgres and Redis.
func TestServe(t *testing.T) {
	both(t, func(t *testing.T, c *cli) {
		c.clock.at, c.clock.since = time.Now().Truncate(time.Second), time.Now()
		c.env["PENGIKUT_LISTEN"] = "127.0.0.1:0"
		sim := c.rehearse(simulator.Options{Seed: 2, People: 150, Mix: plainMix(), Speed: 1e-9})
		c.register(sim)
		var processes []*process
		if c.env["PENGIKUT_REDIS_URL"] == "" {
			r := c.want(exitFailed, "serve", "--role", "worker")
			if !strings.Contains(r.err, "only with PENGIKUT_REDIS_URL") {
				t.Errorf("a lone worker: %s", r.err)
			}
			processes = []*process{c.start("serve")}
		} else {
			processes = []*process{c.start("serve", "--role", "scheduler,web"), c.start("serve", "--role", "worker")}
		}
		listen := processes[0].err.await(t, `"msg":"serving".*"listen":"([^"]+)"`)[1]
		eventually(t, "ready", func() bool { code, _ := get("http://" + listen + "/readyz"); return code == http.StatusOK })
		eventually(t, "everybody read", func() bool { return len(items[any](c, "accounts", "--state", "pending")) == 0 })
		got, want := nips(items[person](c, "influencers")), expected(sim, c.clock.now(), everywhere(500), nil)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("influencers (-truth +ours):\n%s", diff)
		}
		for _, p := range processes {
			p.end(t)
			checkLog(t, p.err.String())
		}
		c.want(exitDone, "replay")
	})
}

// checkLog expects JSON lines without secrets, and nothing that went wrong.
func checkLog(t *testing.T, log string) {
	t.Helper()
	for line := range strings.Lines(log) {
		var entry struct{ Level, Msg string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Level == "ERROR" {
			t.Errorf("log line: %s", line)
		}
	}
	if strings.Contains(log, "EAASIM") || strings.Contains(log, rehearsalToken) {
		t.Errorf("the log shows a token:\n%s", log)
	}
}

// TestNotReady takes the database away: the process stays, and says that it is
// not ready without saying where the database is.
func TestNotReady(t *testing.T) {
	t.Parallel()
	h := &house{log: (&app{streams: streams{err: io.Discard}}).logger(levelSilent)}
	check := h.probe("database", func(context.Context) error { return fmt.Errorf("dial tcp 10.1.2.3:5432: user=secret refused") })
	if err := check.Probe(t.Context()); err == nil || err.Error() != "does not answer" {
		t.Errorf("tells %v", err)
	}
}

// TestDemo runs the demo in an environment that would lead a service astray, and
// looks at it from a second terminal.
func TestDemo(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.env["PENGIKUT_DATABASE_URL"], c.env["PENGIKUT_X_BASE_URL"] = "postgres://nobody@127.0.0.1:1/none", "http://127.0.0.1:1"
	p := c.start("demo", "--people", "80", "--listen", "127.0.0.1:0")
	p.out.await(t, `\+ granted  [0-9 ]+  [^\n]+: Influencer status was granted on [^\n]+ because `)
	dir := p.out.await(t, `export PENGIKUT_DATA_DIR=(\S+)`)[1]
	nip := p.out.await(t, ` bin/pengikut person ([0-9]{18})`)[1]
	listen := p.out.await(t, `http://([^/]+)/readyz`)[1]
	if code, body := get("http://" + listen + "/readyz"); code != http.StatusOK {
		t.Errorf("not ready: %d %s", code, body)
	}
	second := newCLI(t)
	second.env["PENGIKUT_DATA_DIR"] = dir
	second.clock.at, second.clock.since = time.Now(), time.Now() // a clock that stood still would fall days behind the demo's
	if people := items[person](second, "influencers"); len(people) == 0 {
		t.Error("no influencers from a second terminal")
	}
	if r := second.want(exitDone, "person", nip); strings.Contains(r.out, " in the future") || !strings.Contains(r.out, "Status") {
		t.Errorf("person:\n%s", r.out)
	}
	if r := second.want(exitFailed, "serve"); !strings.Contains(r.err, "the data of a demo") {
		t.Errorf("serve on a demo's data: %s", r.err)
	}
	if r := second.want(exitDone, "check"); strings.Contains(r.out, " off ") || !regexp.MustCompile(`instagram +ok`).MatchString(r.out) {
		t.Errorf("check on a demo's data:\n%s", r.out)
	}
	if r := second.run("sync", "--all", "--timeout", "20s"); strings.Contains(r.err, "off") || strings.Contains(r.err, "refused") {
		t.Errorf("sync on a demo's data: %s%s", r.out, r.err)
	}
	second.applyHarsh()
	p.out.await(t, `! alarm +the breaker tripped`)
	second.want(exitDone, "breaker", "release", "1", "--reason", "memang ketat")
	p.out.await(t, `=  after [^\n]+\([0-9]+ granted, [3-9][0-9] lost so far\)`)
	p.end(t)
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the demo left %s behind: %v", dir, err)
	}
}

// applyHarsh applies a policy by which most lose the status at once: by this apply
// or by the demo's own reads, whoever comes to them first.
func (c *cli) applyHarsh() {
	c.t.Helper()
	harsh := c.file("harsh.yaml", "confirm: 1\nrequirements: [{platform: x, metric: followers, at_least: 100000}]\n")
	c.want(exitDone, "policy", "apply", harsh, "--yes")
}

// TestDemosSideBySide starts two demos that want the same port.
func TestDemosSideBySide(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	wanted := l.Addr().String()
	l.Close()
	one, two := newCLI(t).start("demo", "--people", "20", "--listen", wanted), newCLI(t).start("demo", "--people", "20", "--listen", wanted)
	first, second := one.out.await(t, `http://([^/]+)/readyz`)[1], two.out.await(t, `http://([^/]+)/readyz`)[1]
	if first == second || first != wanted && second != wanted {
		t.Errorf("they wanted %s, and got %s and %s", wanted, first, second)
	}
	for _, p := range []*process{one, two} {
		p.out.await(t, `=  after `)
		p.end(t)
	}
}

// TestDemoUnheard stops reading the demo's output, as head does.
func TestDemoUnheard(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	demo := exec.Command(exe, "demo", "--people", "20", "--listen", "127.0.0.1:0")
	demo.Env = append(os.Environ(), asProgram+"=1", "TMPDIR="+c.dir)
	out, err := demo.StdoutPipe()
	if err == nil {
		err = demo.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 10)); err != nil {
		t.Error(err)
	}
	out.Close()
	if err := demo.Wait(); err != nil {
		t.Errorf("the demo ended with %v", err)
	}
	if left, _ := os.ReadDir(c.dir); len(left) > 0 {
		t.Errorf("it left %v", left)
	}
}

// TestDemoStopsByItself also keeps its data, on which time stands still.
func TestDemoStopsByItself(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	dir := c.env["PENGIKUT_DATA_DIR"]
	p := c.start("demo", "--people", "30", "--for", "3s", "--listen", "127.0.0.1:0", "--data-dir", dir)
	if code := <-p.exit; code != exitDone {
		t.Errorf("exit %d\n%s%s", code, p.out, p.err)
	}
	p.exit = nil
	c.clock.at = time.Now().Add(time.Hour)
	since := func() string { return c.want(exitDone, "people", "--limit", "5").out }
	before := since()
	c.clock.advance(48 * time.Hour)
	if after := since(); after != before {
		t.Errorf("time went on after the demo:\n%s%s", before, after)
	}
	c.want(exitFailed, "demo", "--data-dir", dir)
	if r := c.want(exitFailed, "sync", "--all"); !strings.Contains(r.err, "a demo that is over") {
		t.Errorf("sync after the demo: %s", r.err)
	}
}

func TestDemoClock(t *testing.T) {
	t.Parallel()
	d := demoClock{Started: monday, Speed: 3600}
	if got := d.at(monday.Add(2 * time.Second)); !got.Equal(monday.Add(2 * time.Hour)) {
		t.Errorf("after two seconds: %v", got)
	}
	d.Stopped = monday.Add(time.Second)
	if got := d.at(monday.Add(time.Minute)); !got.Equal(monday.Add(time.Hour)) {
		t.Errorf("after the end: %v", got)
	}
}
