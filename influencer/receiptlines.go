package influencer

import (
	"fmt"
	"strings"
)

// Lines tells the receipt to a person, the sentence first, then the sum line by
// line with the values it was made of.
func (r Receipt) Lines(lang Lang) []string {
	lines := []string{r.Sentence.In(lang)}
	if r.Sum == nil {
		return lines
	}
	lines = append(lines, lang.say(text{"Kebijakan versi %d: %d dari %d syarat terpenuhi, diperlukan %d.",
		"By policy version %d: %d of %d requirements met, %d needed."}, r.PolicyVersion, r.Sum.Met, r.Sum.Of, r.Sum.Needed))
	for _, q := range r.Sum.Requirements {
		lines = append(lines, q.line(lang))
	}
	return append(lines, r.Sum.Activity.line(lang))
}

// In is the text in one language.
func (b Bilingual) In(lang Lang) string {
	if lang == Indonesian {
		return b.Indonesian
	}
	return b.English
}

var answerTexts = map[Answer]text{
	Yes:     {"terpenuhi", "met"},
	No:      {"belum terpenuhi", "not met"},
	Unknown: {"belum dapat dipastikan", "not known"},
}

var activityTexts = map[Answer]text{
	Yes:     {"aktif", "active"},
	No:      {"tidak aktif", "not active"},
	Unknown: answerTexts[Unknown],
}

func (q SumRequirement) line(lang Lang) string {
	var has string
	switch {
	case q.Value != nil:
		has = lang.say(text{"%s, ambang batas %s", "%s, threshold %s"}, lang.Number(*q.Value), lang.Count(q.Line, q.Metric))
	case q.Why == WhyNoAccount:
		has = lang.say(text{"tidak ada akun", "no account"})
	case q.Why == WhyGone:
		has = lang.say(text{"akun sudah lama tidak ada atau ditangguhkan", "the account has long been gone or suspended"})
	default:
		has = lang.say(text{"perlu %s", "asks for %s"}, lang.Count(q.Line, q.Metric))
	}
	var accounts strings.Builder
	for _, a := range q.Accounts {
		accounts.WriteString(a.text(lang))
	}
	return fmt.Sprintf("%s: %s, %s.%s", q.Platform.Title(), has, lang.say(answerTexts[q.Answer]), accounts.String())
}

func (a SumAccount) text(lang Lang) string {
	name := "@" + a.Handle
	if a.Handle == "" {
		name = lang.say(text{"Akun %d", "Account %d"}, a.AccountID)
	}
	if a.Value == nil {
		return lang.say(text{" %s: belum terbaca.", " %s: no good reading."}, name)
	}
	source := ""
	if a.Source != "" {
		source = " (" + a.Source + ")"
	}
	return lang.say(text{" %s: %s, terbaca %s%s.", " %s: %s, seen %s%s."}, name, lang.Number(*a.Value), lang.DateTime(a.SeenAt), source)
}

func (a SumActivity) line(lang Lang) string {
	said := lang.say(text{"Keaktifan: ", "Activity: "}) + lang.say(activityTexts[a.Answer])
	if a.NewestPostAt.IsZero() {
		return said + lang.say(text{", unggahan tidak diketahui.", ", no post is known."})
	}
	return lang.say(text{"%s, unggahan terbaru %s di %s.", "%s, newest post %s on %s."}, said, lang.DateTime(a.NewestPostAt), a.Platform.Title())
}
