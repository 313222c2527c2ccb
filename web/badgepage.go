package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

//go:embed templates/badge.html templates/unknown.html templates/badge.svg static/badge.css
var badgeFiles embed.FS

// badgeTemplates are parsed once; a template that is broken ends the first test.
var badgeTemplates = template.Must(template.ParseFS(badgeFiles, "templates/badge.html", "templates/unknown.html", "templates/badge.svg"))

// badgeView is what the templates show.
type badgeView struct {
	badgeWords
	Badge        influencer.Badge
	Class        influencer.BadgeState
	Sign, Status string
	SinceText    string
	Page         string // the page's own address
	Image        string
	Proof        string // the address of the credential
	Token        template.HTML
	IssuerName   string
	NameLines    []string
	AgencyLines  []string
}

// page answers a badge as a page, or as an image when the name ends in .svg.
func (b *badges) page(w http.ResponseWriter, r *http.Request) error {
	id, image := strings.CutSuffix(r.PathValue("file"), ".svg")
	badge, err := b.store.Badge(r.Context(), id)
	if err != nil {
		return err
	}
	v := b.view(badge, langOf(r))
	w.Header().Set("Cache-Control", "public, max-age="+seconds(statusListFresh))
	if !image {
		return render(w, "badge.html", "text/html; charset=utf-8", v)
	}
	signed, err := b.sign(r.Context(), b.issuer.badge(badge))
	if err != nil {
		return err
	}
	// A compact token is letters, digits, '-', '_' and '.': it needs no escaping.
	v.Token = template.HTML(signed) //nolint:gosec // see above
	return render(w, "badge.svg", "image/svg+xml", v)
}

func (b *badges) view(badge influencer.Badge, lang influencer.Lang) badgeView {
	v := badgeView{badgeWords: badgeTexts[lang], Badge: badge, Class: badge.State, SinceText: lang.Date(badge.AwardedAt),
		Page: b.issuer.url(badge.PublicID), Image: b.issuer.url(badge.PublicID + ".svg"), Proof: b.issuer.url("credential/" + badge.PublicID),
		IssuerName: b.issuer.name, NameLines: lines(badge.Name, 26, 2), AgencyLines: lines(badge.Agency, 34, 2)}
	if lang != influencer.Indonesian {
		v.Image += "?lang=" + string(lang)
	}
	v.Sign, v.Status = badgeState(lang, badge.State)
	return v
}

// lines breaks a text at spaces for an image, which breaks none itself.
func lines(s string, width, most int) []string {
	var out []string
	line := ""
	for _, word := range strings.Fields(s) {
		switch {
		case line == "":
			line = word
		case len([]rune(line))+1+len([]rune(word)) <= width:
			line += " " + word
		default:
			out, line = append(out, line), word
		}
	}
	out = append(out, line)
	if len(out) > most {
		out = out[:most]
		out[most-1] += " …"
	}
	for i, l := range out {
		if r := []rune(l); len(r) > width+2 {
			out[i] = string(r[:width]) + "…"
		}
	}
	return out
}

// langOf is Indonesian unless the address asks for English.
func langOf(r *http.Request) influencer.Lang {
	if r.URL.Query().Get("lang") == string(influencer.English) {
		return influencer.English
	}
	return influencer.Indonesian
}

// unknown tells that there is no such badge: the same for an address that never
// was, one that was replaced and one that is hidden.
func (b *badges) unknown(w http.ResponseWriter, r *http.Request) {
	var page bytes.Buffer
	if err := badgeTemplates.ExecuteTemplate(&page, "unknown.html", badgeTexts[langOf(r)]); err != nil {
		b.log.ErrorContext(r.Context(), "badge", "error", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write(page.Bytes()) // a client that left needs no answer
}

func (b *badges) style(w http.ResponseWriter, _ *http.Request) error {
	css, err := badgeFiles.ReadFile("static/badge.css")
	if err != nil {
		return fmt.Errorf("style: %w", err)
	}
	forAll(w, time.Hour)
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, err = w.Write(css)
	return err
}

// render writes nothing before the whole page is there.
func render(w http.ResponseWriter, name, kind string, v any) error {
	var page bytes.Buffer
	if err := badgeTemplates.ExecuteTemplate(&page, name, v); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	w.Header().Set("Content-Type", kind)
	_, err := w.Write(page.Bytes())
	return err
}
