package web

import (
	"strconv"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// head names a column in both languages.
func head(indonesian, english string) influencer.Bilingual {
	return influencer.Bilingual{Indonesian: indonesian, English: english}
}

func textColumn[T any](h influencer.Bilingual, get func(T) string) sheetColumn[T] {
	return sheetColumn[T]{h, func(row T) string { return influencer.SheetText(get(row)) }}
}

func timeColumn[T any](indonesian, english string, get func(T) time.Time) sheetColumn[T] {
	return sheetColumn[T]{head(indonesian+" (WIB)", english+" (WIB)"), func(row T) string { return influencer.SheetTime(get(row)) }}
}

func countColumn[T any](h influencer.Bilingual, get func(T) *int64) sheetColumn[T] {
	return sheetColumn[T]{h, func(row T) string { return influencer.SheetCount(get(row)) }}
}

func nipColumn[T any](e Export, get func(T) influencer.NIP) sheetColumn[T] {
	return sheetColumn[T]{head("NIP / NI PPPK", "NIP"), func(row T) string { return influencer.SheetNIP(get(row), e.Viewer.WholeNIP) }}
}

func influencerColumns(e Export) []sheetColumn[influencer.PersonAccounts] {
	type p = influencer.PersonAccounts
	columns := []sheetColumn[p]{
		nipColumn(e, func(p p) influencer.NIP { return p.NIP }),
		textColumn(head("Nama", "Name"), func(p p) string { return p.Name }),
		textColumn(head("Instansi", "Agency"), func(p p) string { return p.Agency }),
		textColumn(head("Unit kerja", "Unit"), func(p p) string { return p.Unit }),
		textColumn(head("Status", "Status"), func(p p) string { return e.Lang.Status(p.Status) }),
		timeColumn("Status sejak", "Status since", func(p p) time.Time { return p.Since }),
		timeColumn("Pertama diberikan", "First granted", func(p p) time.Time { return p.FirstGrantedAt }),
	}
	for _, on := range e.Platforms {
		columns = append(columns, platformColumns(on)...)
	}
	return columns
}

// platformColumns show the person's account with the largest count on a platform.
func platformColumns(on PlatformMetric) []sheetColumn[influencer.PersonAccounts] {
	type p = influencer.PersonAccounts
	title := on.Platform.Title()
	count := head("Pengikut "+title, title+" followers")
	if on.Metric == influencer.Friends {
		count = head("Teman "+title, title+" friends")
	}
	return []sheetColumn[p]{
		textColumn(head("Akun "+title, title+" account"), func(p p) string { return largest(p, on).Handle }),
		countColumn(count, func(p p) *int64 { return largest(p, on).Metric(on.Metric) }),
		timeColumn(title+" terakhir dibaca", title+" read", func(p p) time.Time { return largest(p, on).SyncedAt }),
	}
}

// largest is the person's account on a platform with the largest known count,
// else any, else an empty one.
func largest(p influencer.PersonAccounts, on PlatformMetric) influencer.Account {
	var best influencer.Account
	for _, a := range p.Accounts {
		if a.Platform != on.Platform {
			continue
		}
		n, most := a.Metric(on.Metric), best.Metric(on.Metric)
		if best.ID == 0 || n != nil && (most == nil || *n > *most) {
			best = a
		}
	}
	return best
}

func accountColumns(e Export) []sheetColumn[influencer.OwnedAccount] {
	type a = influencer.OwnedAccount
	advice := func(a a) influencer.Advice {
		return influencer.Advise(e.Lang, a.Account, a.Problem(a.SyncedAt.Before(e.StaleBefore)))
	}
	return append(append([]sheetColumn[a]{
		nipColumn(e, func(a a) influencer.NIP { return a.NIP }),
		textColumn(head("Nama", "Name"), func(a a) string { return a.Name }),
		textColumn(head("Instansi", "Agency"), func(a a) string { return a.Agency }),
		textColumn(head("Platform", "Platform"), func(a a) string { return a.Platform.Title() }),
		textColumn(head("Akun", "Account"), func(a a) string { return a.Handle }),
		textColumn(head("Keadaan", "State"), func(a a) string { return e.Lang.State(a.State) }),
	}, countColumns(func(a a) influencer.Counts { return a.Counts })...),
		timeColumn("Terakhir dibaca", "Last read", func(a a) time.Time { return a.SyncedAt }),
		timeColumn("Terakhir dicoba", "Last tried", func(a a) time.Time { return a.AttemptedAt }),
		textColumn(head("Masalah", "Problem"), func(a a) string { return advice(a).Cause }),
		textColumn(head("Langkah berikutnya", "Next step"), func(a a) string { return advice(a).NextStep }),
	)
}

func countColumns[T any](get func(T) influencer.Counts) []sheetColumn[T] {
	return []sheetColumn[T]{
		countColumn(head("Pengikut", "Followers"), func(r T) *int64 { return get(r).Followers }),
		countColumn(head("Teman", "Friends"), func(r T) *int64 { return get(r).Friends }),
		countColumn(head("Mengikuti", "Following"), func(r T) *int64 { return get(r).Following }),
		countColumn(head("Unggahan", "Posts"), func(r T) *int64 { return get(r).Posts }),
		timeColumn("Unggahan terakhir", "Newest post", func(r T) time.Time { return get(r).LastActiveAt }),
	}
}

func readingColumns(e Export) []sheetColumn[influencer.OwnedReading] {
	type r = influencer.OwnedReading
	return append(append([]sheetColumn[r]{
		nipColumn(e, func(r r) influencer.NIP { return r.NIP }),
		textColumn(head("Platform", "Platform"), func(r r) string { return r.Platform.Title() }),
		textColumn(head("Akun", "Account"), func(r r) string { return r.Handle }),
		timeColumn("Pertama terlihat", "First seen", func(r r) time.Time { return r.ObservedAt }),
		timeColumn("Terakhir terlihat", "Last seen", func(r r) time.Time { return r.LastSeenAt }),
		{head("Jumlah pembacaan", "Reads"), func(r r) string { return strconv.Itoa(r.Reads) }},
	}, countColumns(func(r r) influencer.Counts { return r.Counts })...),
		textColumn(head("Meragukan", "Suspect"), func(r r) string { return yes(e.Lang, r.Suspect) }),
		textColumn(head("Sumber", "Source"), func(r r) string { return r.Source }),
	)
}

func yes(lang influencer.Lang, is bool) string {
	if is {
		return head("ya", "yes").In(lang)
	}
	return head("tidak", "no").In(lang)
}
