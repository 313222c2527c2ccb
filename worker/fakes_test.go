package worker

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"go.uber.org/goleak"

	"github.com/pengikut/pengikut/influencer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a store in memory with the fences and leases of the real one.
type memory struct {
	mu      sync.Mutex
	now     func() time.Time
	every   time.Duration
	due     map[influencer.Platform]map[int64]time.Time
	batches map[int64]*memoryBatch
	nextID  int64
	health  map[influencer.Platform]influencer.PlatformHealth

	recorded  map[int64]int // good readings an account got
	failed    map[int64]int // failures of its own an account got
	released  []*influencer.Failure
	stale     int
	most      int // batches that stood at once
	orders    []influencer.ClaimOrder
	decidable int
	fault     func(op string) error // asked before each call; may be nil
	budget    *int                  // accounts that may be claimed; nil for any number
	onRecord  func()                // called after each record, unlocked; may be nil

	incredible func(seen []influencer.Observation) *influencer.Failure // why a batch is not believed; may be nil
}

type memoryBatch struct {
	ref   influencer.BatchRef
	ids   []int64
	until time.Time
}

func newMemory(now func() time.Time) *memory {
	return &memory{now: now, every: 24 * time.Hour, due: map[influencer.Platform]map[int64]time.Time{}, batches: map[int64]*memoryBatch{},
		health: map[influencer.Platform]influencer.PlatformHealth{}, recorded: map[int64]int{}, failed: map[int64]int{}}
}

// add makes n accounts of a platform, due now, with ids from first on.
func (m *memory) add(p influencer.Platform, first, n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.due[p] == nil {
		m.due[p] = map[int64]time.Time{}
	}
	for id := first; id < first+n; id++ {
		m.due[p][id] = m.now()
	}
}

func (m *memory) enter(op string) error {
	m.mu.Lock()
	if m.fault == nil {
		return nil
	}
	return m.fault(op)
}

func (m *memory) Claim(ctx context.Context, o influencer.ClaimOrder) (influencer.Claimed, error) {
	defer m.mu.Unlock()
	if err := errors.Join(m.enter("claim"), ctx.Err()); err != nil {
		return influencer.Claimed{}, err
	}
	m.orders = append(m.orders, o)
	out := influencer.Claimed{LastID: o.AfterID}
	room := o.Limit
	held := map[int64]bool{}
	for _, id := range sortedKeys(m.batches) {
		b := m.batches[id]
		if b.ref.Platform == o.Platform && !b.until.After(o.At) && room > 0 {
			b.ref.Fence++
			b.until = o.At.Add(o.Lease)
			out.Refs = append(out.Refs, b.ref)
			room -= len(b.ids)
		}
		for _, id := range b.ids {
			held[id] = true
		}
	}
	var ids []int64
	for _, id := range sortedKeys(m.due[o.Platform]) {
		due := !m.due[o.Platform][id].After(o.At)
		if free := !held[id] && (o.All && id > o.AfterID || !o.All && due && (!o.Resyncs || id > o.AfterID)); free && len(ids) < room {
			ids = append(ids, id)
			out.LastID = max(out.LastID, id)
		}
	}
	out.More = len(ids) >= room
	if m.budget != nil {
		if len(ids) > *m.budget {
			ids, out.More = ids[:*m.budget], false
			out.Withheld = &influencer.Failure{Kind: influencer.BudgetSpent, Detail: "the cap is used up", NotCalled: true}
		}
		*m.budget -= len(ids)
	}
	for chunk := range slices.Chunk(ids, o.BatchSize) {
		m.nextID++
		ref := influencer.BatchRef{ID: m.nextID, Platform: o.Platform, Fence: 1, Purpose: o.Purpose, Size: len(chunk)}
		m.batches[ref.ID] = &memoryBatch{ref, chunk, o.At.Add(o.Lease)}
		out.Refs = append(out.Refs, ref)
	}
	m.most = max(m.most, len(m.batches))
	return out, nil
}

// count is how many accounts claims of an order would get in all.
func (m *memory) count(ctx context.Context, o influencer.ClaimOrder) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, due := range m.due[o.Platform] {
		if o.All || !due.After(o.At) {
			n++
		}
	}
	for _, b := range m.batches {
		if b.ref.Platform == o.Platform && b.until.After(o.At) {
			n -= len(b.ids)
		}
	}
	return n, ctx.Err()
}

func sortedKeys[V any](m map[int64]V) []int64 {
	var ids []int64
	for id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func (m *memory) mine(ref influencer.BatchRef) *memoryBatch {
	if b := m.batches[ref.ID]; b != nil && b.ref.Fence == ref.Fence {
		return b
	}
	m.stale++
	return nil
}

func (m *memory) Begin(_ context.Context, ref influencer.BatchRef, lease time.Duration) (influencer.Request, error) {
	defer m.mu.Unlock()
	if err := m.enter("begin"); err != nil {
		return influencer.Request{}, err
	}
	b := m.mine(ref)
	if b == nil {
		return influencer.Request{}, influencer.ErrStale
	}
	b.until = m.now().Add(lease)
	req := influencer.Request{Purpose: ref.Purpose}
	for _, id := range b.ids {
		req.Targets = append(req.Targets, influencer.Target{AccountID: id, Handle: "someone"})
	}
	return req, nil
}

func (m *memory) Record(ctx context.Context, ref influencer.BatchRef, seen []influencer.Observation, at time.Time) (influencer.Recorded, error) {
	rec, err := m.record(ctx, ref, seen, at)
	if err == nil && m.onRecord != nil {
		m.onRecord()
	}
	return rec, err
}

func (m *memory) record(ctx context.Context, ref influencer.BatchRef, seen []influencer.Observation, at time.Time) (influencer.Recorded, error) {
	defer m.mu.Unlock()
	if err := errors.Join(m.enter("record"), ctx.Err()); err != nil {
		return influencer.Recorded{}, err
	}
	b := m.mine(ref)
	if b == nil {
		return influencer.Recorded{Stale: true}, nil
	}
	var rec influencer.Recorded
	if m.incredible != nil {
		if rec.Refused = m.incredible(seen); rec.Refused != nil {
			delete(m.batches, ref.ID)
			return rec, nil
		}
	}
	for _, o := range seen {
		if !slices.Contains(b.ids, o.AccountID) {
			return rec, errors.New("an observation of an account that is not in the batch")
		}
		if o.Untried {
			m.due[ref.Platform][o.AccountID] = at
			continue
		}
		if o.Failure != nil {
			rec.Failed++
			m.failed[o.AccountID]++
		} else {
			rec.Read++
			m.recorded[o.AccountID]++
		}
		m.due[ref.Platform][o.AccountID] = at.Add(m.every)
	}
	if len(seen) != len(b.ids) {
		return rec, errors.New("not one observation a target")
	}
	delete(m.batches, ref.ID)
	m.health[ref.Platform] = influencer.PlatformHealth{Platform: ref.Platform, UpdatedAt: at}
	return rec, nil
}

func (m *memory) Release(ctx context.Context, ref influencer.BatchRef, f *influencer.Failure, at time.Time) error {
	defer m.mu.Unlock()
	if err := errors.Join(m.enter("release"), ctx.Err()); err != nil {
		return err
	}
	if m.mine(ref) == nil {
		return influencer.ErrStale
	}
	delete(m.batches, ref.ID)
	m.released = append(m.released, f)
	if f == nil {
		return nil
	}
	h := m.health[ref.Platform]
	h.Platform, h.Kind, h.UpdatedAt, h.Until, h.Failures = ref.Platform, f.Kind, at, f.Until, h.Failures+1
	m.health[ref.Platform] = h
	return nil
}

func (m *memory) Hold(_ context.Context, p influencer.Platform, why *influencer.Failure, at time.Time) error {
	defer m.mu.Unlock()
	if err := m.enter("hold"); err != nil {
		return err
	}
	h := m.health[p]
	h.Platform, h.Kind, h.UpdatedAt, h.Until = p, why.Kind, at, why.Until
	m.health[p] = h
	return nil
}

func (m *memory) PlatformHealth(context.Context) ([]influencer.PlatformHealth, error) {
	defer m.mu.Unlock()
	if err := m.enter("health"); err != nil {
		return nil, err
	}
	var all []influencer.PlatformHealth
	for _, h := range m.health {
		all = append(all, h)
	}
	return all, nil
}

func (m *memory) DecideDue(_ context.Context, _ time.Time, limit int) (int, error) {
	defer m.mu.Unlock()
	if err := m.enter("decide"); err != nil {
		return 0, err
	}
	n := min(limit, m.decidable)
	m.decidable -= n
	return n, nil
}

// readings is how many accounts got exactly one good reading, and how many more.
func (m *memory) readings() (once, more int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, n := range m.recorded {
		if n == 1 {
			once++
		} else {
			more++
		}
	}
	return once, more
}

func (m *memory) standing() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.batches)
}

// platform is a connector whose answers the test gives.
type platform struct {
	size   int
	answer func(ctx context.Context, call int, req influencer.Request) ([]influencer.Observation, error)

	mu    sync.Mutex
	calls int
	now   int // calls under way
	most  int // calls that were under way at once
}

func (p *platform) BatchSize() int { return p.size }

func (p *platform) Read(ctx context.Context, req influencer.Request) ([]influencer.Observation, error) {
	p.mu.Lock()
	p.calls++
	call := p.calls
	p.now++
	p.most = max(p.most, p.now)
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.now--
		p.mu.Unlock()
	}()
	if p.answer == nil {
		return good(req), nil
	}
	return p.answer(ctx, call, req)
}

func (p *platform) called() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

func good(req influencer.Request) []influencer.Observation {
	n := int64(500)
	var seen []influencer.Observation
	for _, t := range req.Targets {
		seen = append(seen, influencer.Observation{AccountID: t.AccountID, Counts: influencer.Counts{Followers: &n}, Source: "test"})
	}
	return seen
}

// spoil gives the accounts that wrong names a failure of their own.
func spoil(seen []influencer.Observation, kind influencer.FailureKind, wrong func(id int64) bool) []influencer.Observation {
	for i, o := range seen {
		if wrong(o.AccountID) {
			seen[i] = influencer.Observation{AccountID: o.AccountID, Failure: &influencer.Failure{Kind: kind, Detail: "so it was"}}
		}
	}
	return seen
}

func only(p influencer.Platform, c Connector) map[influencer.Platform]Connector {
	return map[influencer.Platform]Connector{p: c}
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// virtualRedis is a Redis inside a synctest bubble, whose keys age with the
// bubble's clock.
func virtualRedis(t *testing.T) (*miniredis.Miniredis, redis.UniversalClient) {
	t.Helper()
	m := miniredis.NewMiniRedis()
	m.ClockTTL(true)
	client := virtualClient(m.Dial)
	t.Cleanup(func() {
		client.Close()
		m.Close()
		time.Sleep(time.Second) // for go-redis's own goroutines, which look up every 100 ms
	})
	return m, client
}

func virtualClient(dial func() (net.Conn, error)) redis.UniversalClient {
	c := redis.NewClient(&redis.Options{
		Addr:                     "127.0.0.1:1",
		Dialer:                   func(context.Context, string, string) (net.Conn, error) { return dial() },
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	c.AddHook(slowOnRefusal{refusalPause})
	return c
}

// launch runs a worker until the returned function is called, which waits for
// its end.
func launch(t *testing.T, o Options) (*Worker, func()) {
	t.Helper()
	if o.Logger == nil {
		o.Logger = quiet()
	}
	w, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return w, stop
}

// advance lets d go by in the bubble, and all that happens at its end.
func advance(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// peak is the most calls that were ever under way at once.
func (p *platform) peak() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.most
}

// peak is the most batches that ever stood at once.
func (m *memory) peak() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.most
}
