package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

type naiveAccount struct {
	ID         int64
	PersonID   int64
	Platform   string
	Handle     string
	ExternalID string
	Followers  *int64
}

type naivePerson struct {
	ID             int64
	Status         string
	FirstGrantedAt *int64
}

type naiveEvent struct {
	ID        int64
	PersonID  int64
	Kind      string
	Payload   string
	CreatedAt int64
}

func (naiveEvent) TableName() string    { return "outbox" }
func (naiveAccount) TableName() string  { return "accounts" }
func (naivePerson) TableName() string   { return "people" }
func (naiveReading) TableName() string  { return "readings" }
func (naiveDecision) TableName() string { return "decisions" }

type naiveReading struct {
	AccountID    int64 `gorm:"primaryKey"`
	ObservedAt   int64 `gorm:"primaryKey;autoIncrement:false"`
	LastSeenAt   int64
	Reads        int
	Followers    *int64
	Following    *int64
	Posts        *int64
	LastActiveAt *int64
}

type naiveDecision struct {
	ID            int64
	PersonID      int64
	At            int64
	FromStatus    string
	ToStatus      string
	Reason        string
	PolicyVersion int
	Actor         string
	Evidence      string
}

// Target loads one account, as the naive design does for each of its tasks.
func (d *Baseline) Target(ctx context.Context, id int64) (influencer.Target, error) {
	var a naiveAccount
	if err := d.db.WithContext(ctx).First(&a, id).Error; err != nil {
		return influencer.Target{}, fmt.Errorf("baseline: account: %w", err)
	}
	return influencer.Target{AccountID: a.ID, Handle: a.Handle, ExternalID: a.ExternalID}, nil
}

// WriteOne does the store's job for one account the way a first version would:
// its counts, a reading, the next due time, the rule over the person's accounts,
// and on a move the status, a decision and an event, each through gorm by its own
// statement.
func (d *Baseline) WriteOne(ctx context.Context, o influencer.Observation, line int64, at time.Time) error {
	db := d.db.WithContext(ctx)
	if o.Counts.Followers == nil { // a failure has no counts
		return nil
	}
	var a naiveAccount
	if err := db.First(&a, o.AccountID).Error; err != nil {
		return fmt.Errorf("baseline: account: %w", err)
	}
	err := db.Model(&a).Updates(map[string]any{"followers": o.Counts.Followers, "following": o.Counts.Following,
		"posts": o.Counts.Posts, "last_active_at": naiveTime(o.Counts.LastActiveAt), "state": "ok",
		"synced_at": at.UnixMicro(), "attempted_at": at.UnixMicro()}).Error
	if err != nil {
		return fmt.Errorf("baseline: update account: %w", err)
	}
	row := naiveReading{AccountID: a.ID, ObservedAt: at.UnixMicro(), LastSeenAt: at.UnixMicro(), Reads: 1,
		Followers: o.Counts.Followers, Following: o.Counts.Following, Posts: o.Counts.Posts, LastActiveAt: naiveTime(o.Counts.LastActiveAt)}
	if err := db.Create(&row).Error; err != nil {
		return fmt.Errorf("baseline: reading: %w", err)
	}
	err = db.Table("schedule").Where("account_id = ?", a.ID).Update("due_at", at.Add(24*time.Hour).UnixMicro()).Error
	if err != nil {
		return fmt.Errorf("baseline: schedule: %w", err)
	}
	return d.decideOne(db, a.PersonID, line, at)
}

// decideOne looks at all the person's accounts, as the rule must.
func (d *Baseline) decideOne(db *gorm.DB, personID, line int64, at time.Time) error {
	var accounts []naiveAccount
	if err := db.Where("person_id = ?", personID).Find(&accounts).Error; err != nil {
		return fmt.Errorf("baseline: accounts: %w", err)
	}
	meets := false
	for _, a := range accounts {
		meets = meets || a.Followers != nil && *a.Followers >= line
	}
	var p naivePerson
	if err := db.First(&p, personID).Error; err != nil {
		return fmt.Errorf("baseline: person: %w", err)
	}
	to := "none"
	if meets {
		to = "active"
	}
	if to == p.Status {
		return nil
	}
	if err := db.Model(&p).Updates(map[string]any{"status": to, "since": at.UnixMicro()}).Error; err != nil {
		return fmt.Errorf("baseline: update person: %w", err)
	}
	event := naiveEvent{PersonID: p.ID, Kind: to, Payload: "{}", CreatedAt: at.UnixMicro()}
	if err := db.Create(&event).Error; err != nil {
		return fmt.Errorf("baseline: event: %w", err)
	}
	row := naiveDecision{PersonID: p.ID, At: at.UnixMicro(), FromStatus: p.Status, ToStatus: to, Reason: "naive",
		PolicyVersion: 1, Actor: "rule", Evidence: "{}"}
	if err := db.Create(&row).Error; err != nil {
		return fmt.Errorf("baseline: decision: %w", err)
	}
	return nil
}

func naiveTime(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	micros := t.UnixMicro()
	return &micros
}
