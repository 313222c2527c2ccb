package worker

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/hibiken/asynq"

	"github.com/pengikut/pengikut/influencer"
)

// Job is periodic work. Slots are counted from 1970 in steps of Every, and each
// slot is done once however many schedulers run. A slot that begins while the
// one before still waits for a worker is left out: after a stop the work is
// caught up with once, not once a slot.
type Job struct {
	Name    string        // unique; lower case letters and dashes
	Every   time.Duration // at least 100 ms
	Timeout time.Duration // of one run; 0 means a minute
	// Run must come back when its context ends. A failed run is repeated up to
	// three times when slots are ten minutes apart or more; else the next slot is
	// the repetition.
	Run func(context.Context) error
}

const jobPrefix = "job:"

// periodic is one line of the scheduler's table.
type periodic struct {
	name  string
	every time.Duration
	make  func(cause string, retention time.Duration) *asynq.Task
	queue string
	plans influencer.Platform // "" unless it is a plan

	slot   int64  // the newest slot dealt with
	lastID string // the task that was made last
}

// scheduler puts the periodic tasks into the queue. It holds nothing that a
// second scheduler would need: a task's id contains its slot, and Redis keeps
// the id past the slot's end.
type scheduler struct {
	table  []*periodic
	queue  *queue
	health Health
	now    func() time.Time
	speed  speed
	tick   time.Duration // on the wall
	log    *slog.Logger

	opened map[influencer.Platform]time.Time // the end of a wait that a plan was made for
	down   bool                              // the last turn could not reach Redis
}

func (s *scheduler) run(ctx context.Context) {
	for {
		now := s.now()
		next := s.turn(ctx, now)
		// Not s.now() again: a clock set back meanwhile would make this a wait of hours.
		if pause(ctx, max(s.speed.wall(next.Sub(now)), s.shortest())) != nil {
			return
		}
	}
}

// shortest is the least wait between turns. A fast clock would have jobs of a
// minute run without a pause.
func (s *scheduler) shortest() time.Duration {
	if s.speed.factor() > 1 {
		return s.tick
	}
	return 10 * time.Millisecond
}

// retention keeps a slot's id until no scheduler can make the slot again.
func (s *scheduler) retention(p *periodic) time.Duration {
	return s.speed.wall(2*p.every) + 10*time.Second
}

// turn enqueues what is due and says when, by the same clock, to look again: in
// a minute at the latest.
func (s *scheduler) turn(ctx context.Context, now time.Time) time.Time {
	next := now.Add(time.Minute)
	var failed error
	planned := map[influencer.Platform]bool{}
	for _, p := range s.table {
		made, err := s.slot(ctx, p, now)
		if err != nil {
			failed = err
			next = earlier(next, now.Add(min(s.speed.data(time.Second), p.every)))
			continue
		}
		planned[p.plans] = planned[p.plans] || made
		next = earlier(next, slotStart(slotOf(now, p.every)+1, p.every))
	}
	s.report(ctx, failed)
	return earlier(next, s.early(ctx, now, next, planned))
}

// slot makes the task of the current slot, unless that was done or its
// predecessor still waits. made tells that a task of this slot is there now.
func (s *scheduler) slot(ctx context.Context, p *periodic, now time.Time) (made bool, err error) {
	slot := slotOf(now, p.every)
	if slot == p.slot {
		return false, nil
	}
	if p.lastID != "" && s.queue.stillWaits(p.queue, p.lastID) {
		p.slot = slot
		return false, nil
	}
	t := p.make(fmt.Sprint(slot), s.retention(p))
	if err := s.queue.put(ctx, t); err != nil {
		return false, err
	}
	p.slot, p.lastID = slot, fmt.Sprintf("%s:%d", p.name, slot)
	return true, nil
}

// early plans a platform at the moment its rate window opens, when that lies
// between two slots, and returns the next such moment before next.
func (s *scheduler) early(ctx context.Context, now, next time.Time, planned map[influencer.Platform]bool) time.Time {
	all, err := s.health.PlatformHealth(ctx)
	if err != nil {
		return next // the plan meets the same trouble and tells of it
	}
	for _, p := range s.table {
		until := healthOf(all, p.plans).Until
		if p.plans == "" || until.IsZero() || s.opened[p.plans].Equal(until) {
			continue
		}
		at := until.Add(jitter(p.plans, until))
		switch {
		case at.After(now):
			next = earlier(next, at)
		case planned[p.plans] || now.Sub(at) > p.every: // a slot was later than the opening anyway
			s.opened[p.plans] = until
		default:
			cause := fmt.Sprintf("open:%d", until.UnixMilli())
			if s.queue.put(ctx, p.make(cause, s.retention(p))) == nil {
				s.opened[p.plans] = until
			}
		}
	}
	return next
}

// report tells once that Redis is away, and once that it is back.
func (s *scheduler) report(ctx context.Context, failed error) {
	switch {
	case failed != nil && !s.down && ctx.Err() == nil:
		s.log.Warn("scheduler cannot reach the queue; slots are made up for once it is back", "error", failed)
	case failed == nil && s.down:
		s.log.Info("scheduler reaches the queue again")
	}
	s.down = failed != nil
}

func slotOf(t time.Time, every time.Duration) int64 { return t.UnixNano() / int64(every) }

func slotStart(slot int64, every time.Duration) time.Time { return time.Unix(0, slot*int64(every)) }

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// planLine is a platform's line in the table.
func planLine(p influencer.Platform, every, timeout time.Duration) *periodic {
	return &periodic{name: planPrefix + string(p), every: every, queue: queuePlan, plans: p,
		make: func(cause string, retention time.Duration) *asynq.Task {
			return planTask(p, cause, timeout, retention)
		}}
}

// jobLine is a job's line in the table.
func jobLine(j Job) *periodic {
	retries := 1 // for a worker that died
	if j.Every >= 10*time.Minute {
		retries = 3
	}
	return &periodic{name: jobPrefix + j.Name, every: j.Every, queue: queueJobs,
		make: func(cause string, retention time.Duration) *asynq.Task {
			return asynq.NewTask(jobPrefix+j.Name, nil, asynq.TaskID(jobPrefix+j.Name+":"+cause), asynq.Queue(queueJobs),
				asynq.MaxRetry(retries), asynq.Timeout(wholeSeconds(j.Timeout)), asynq.Retention(wholeSeconds(retention)))
		}}
}
