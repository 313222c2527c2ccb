package store

import (
	"context"
	"fmt"

	"github.com/pengikut/pengikut/influencer"
)

// Lesson is what a connector found out about its platform, in an earlier process
// too; "" when it never found out.
func (s *Store) Lesson(ctx context.Context, p influencer.Platform, name string) (string, error) {
	var value string
	_, err := scanOne(s.db.WithContext(ctx).Raw(`SELECT value FROM lessons WHERE platform = ? AND name = ?`, string(p), name), &value)
	if err != nil {
		return "", fmt.Errorf("store: lesson: %w", err)
	}
	return value, nil
}

// KeepLesson remembers a lesson.
func (s *Store) KeepLesson(ctx context.Context, p influencer.Platform, name, value string) error {
	err := s.db.WithContext(ctx).Exec(`INSERT INTO lessons (platform, name, value) VALUES (?, ?, ?)
		ON CONFLICT (platform, name) DO UPDATE SET value = excluded.value`, string(p), name, value).Error
	if err != nil {
		return fmt.Errorf("store: keep lesson: %w", err)
	}
	return nil
}
