package config

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pengikut/pengikut/influencer"
)

const prefix = "PENGIKUT_"

// Source says where to load from.
type Source struct {
	File     string                            // the YAML file; "" means the one that PENGIKUT_CONFIG names, if any
	Environ  []string                          // name=value, as os.Environ gives it
	ReadFile func(path string) ([]byte, error) // nil means os.ReadFile
	CheckKey func(secretKey string) error      // judges PENGIKUT_SECRET_KEY; its error may not hold it; nil takes any
}

// Problem is one thing wrong with the configuration. Its text never holds a
// secret.
type Problem struct {
	Key  string // the option as its source spells it
	Text string
}

// ProblemsError is all that is wrong, in the order of the table of options.
type ProblemsError []Problem

// Error lists every problem on its own line.
func (e ProblemsError) Error() string {
	var b strings.Builder
	b.WriteString("configuration:")
	for _, p := range e {
		fmt.Fprintf(&b, "\n  %s: %s", p.Key, p.Text)
	}
	return b.String()
}

// Load reads the configuration. Its error, if any, is a [ProblemsError].
func Load(s Source) (Config, error) {
	if s.ReadFile == nil {
		s.ReadFile = os.ReadFile
	}
	if s.CheckKey == nil {
		s.CheckKey = anyText
	}
	l := loader{read: s.ReadFile, c: Config{from: map[string]string{}}}
	l.opts = l.c.options(s.CheckKey)
	env := l.environ(s.Environ)
	path := s.File
	if v, ok := env["CONFIG"]; ok && path == "" {
		path = v.text
	}
	delete(env, "CONFIG")
	file := l.file(path)
	for _, o := range l.opts {
		l.assign(o, file, env)
	}
	if len(l.problems) == 0 {
		l.complete()
	}
	if len(l.problems) > 0 {
		return Config{}, l.problems
	}
	return l.c, nil
}

// given is one value as a source gave it.
type given struct {
	key  string // as the source spells it, for problems
	text string
	from string // "environment", or the file's name
}

type loader struct {
	c        Config
	opts     []option
	read     func(string) ([]byte, error)
	problems ProblemsError
}

func (l *loader) problem(key, format string, args ...any) {
	l.problems = append(l.problems, Problem{Key: key, Text: fmt.Sprintf(format, args...)})
}

// assign sets o from its default, then the sources in the order given. A layer
// that is overruled is still checked: a bad value that waits for the day when
// the other is removed helps nobody.
func (l *loader) assign(o option, layers ...map[string]given) {
	if o.def != "" {
		if err := o.set(o.def); err != nil {
			l.problem(o.name, "default: %v", err)
		}
	}
	l.c.from[o.name] = "default"
	for _, layer := range layers {
		v, ok := l.pick(o, layer)
		if !ok {
			continue
		}
		if err := o.set(v.text); err != nil {
			l.problem(v.key, "%v", err)
		}
		l.c.from[o.name] = v.from
	}
}

// pick finds o's value in one layer, by its name or, for a secret, in the file
// that <name>_FILE names.
func (l *loader) pick(o option, layer map[string]given) (given, bool) {
	plain, isPlain := layer[o.name]
	path, isFile := layer[o.name+"_FILE"]
	switch {
	case isPlain && isFile && o.secret:
		l.problem(plain.key, "is set, and so is %s: keep one", path.key)
		return given{}, false
	case isFile && o.secret:
		return l.fromFile(path)
	}
	return plain, isPlain
}

func (l *loader) fromFile(v given) (given, bool) {
	raw, err := l.read(v.text)
	if err != nil {
		l.problem(v.key, "%v", pathError(err, ""))
		return given{}, false
	}
	v.text, v.from = strings.TrimSpace(string(raw)), v.text
	if v.text == "" {
		l.problem(v.key, "the file is empty")
		return given{}, false
	}
	return v, true
}

// pathError keeps the cause, and drops the operation's name, and the path where
// that has been named already.
func pathError(err error, named string) error {
	var pe *os.PathError
	switch {
	case !errors.As(err, &pe):
		return err
	case pe.Path == named:
		return pe.Err
	}
	return fmt.Errorf("%s: %w", pe.Path, pe.Err)
}

// complete fills the defaults that hang on other options and checks what one
// option alone cannot.
func (l *loader) complete() {
	c := &l.c
	if c.DatabaseURL == "" {
		c.DatabaseURL = influencer.Secret("sqlite:" + filepath.Join(c.DataDir, "pengikut.db"))
	}
	if c.X.BaseURL == "" {
		c.X.BaseURL = map[string]string{"v2": "https://api.x.com", "v1.1": "https://api.twitter.com"}[c.X.API]
	}
	if c.SecretKey == "" && !c.Embedded() {
		l.problem(prefix+"SECRET_KEY", "is required with Postgres: make one with `openssl rand -base64 32`")
	}
	if c.Badge.On && c.Badge.PublicURL == "" {
		l.problem(prefix+"BADGE", "is of no use without %s: a badge is worth what its address says", prefix+"BADGE_URL")
	}
	l.pair("X_CONSUMER_KEY", "X_CONSUMER_SECRET")
	if l.isSet("INSTAGRAM_ACCESS_TOKEN") { // the user alone may go with a stored token
		l.pair("INSTAGRAM_USER_ID", "INSTAGRAM_ACCESS_TOKEN")
	}
	l.pair("FACEBOOK_APP_ID", "FACEBOOK_APP_SECRET")
	l.checkServer()
	if c.Metrics.Listen != "" && c.Metrics.Token == "" && !onLoopback(c.Metrics.Listen) {
		l.problem(prefix+"METRICS_LISTEN", "%q is not on loopback: others could read it, so set %sMETRICS_TOKEN", c.Metrics.Listen, prefix)
	}
}

// checkServer refuses a service that would get its key in the open.
func (l *loader) checkServer() {
	s := l.c.Server
	if s.URL == "" {
		return
	}
	if s.Key == "" {
		l.problem(prefix+"SERVER", "is of no use without %sKEY", prefix)
	}
	if u, err := url.Parse(s.URL); err == nil && u.Scheme == "http" && !s.Plain && !loopback(u.Hostname()) {
		l.problem(prefix+"SERVER", "is http:// and not on this machine: the key could be read on the way. Use https://, or set %sSERVER_PLAIN=on", prefix)
	}
}

// pair reports an option that is of no use without another.
func (l *loader) pair(a, b string) {
	if l.isSet(a) != l.isSet(b) {
		if l.isSet(b) {
			a, b = b, a
		}
		l.problem(prefix+a, "is of no use without %s", prefix+b)
	}
}

func (l *loader) isSet(name string) bool {
	i := slices.IndexFunc(l.opts, func(o option) bool { return o.name == name })
	return l.opts[i].show() != ""
}

// names lists every name that a source may give, the _FILE twins included.
func (l *loader) names() []string {
	names := []string{"CONFIG"}
	for _, o := range l.opts {
		names = append(names, o.name)
		if o.secret {
			names = append(names, o.name+"_FILE")
		}
	}
	return names
}
