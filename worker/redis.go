package worker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Connect makes a client for a Redis, without calling it yet. Forms:
//
//	redis://[user:password@]host:port[/db]
//	redis-sentinel://[user:password@]host:port,host:port[/db]?master=NAME[&sentinel_password=…]
//	redis-cluster://[user:password@]host:port,host:port
//
// With rediss in place of redis the connection is encrypted. The error names
// what is wrong and never repeats the URL, which may hold a password. The
// logger gets go-redis's own lines, at debug, for the whole process.
func Connect(rawURL string, log *slog.Logger) (redis.UniversalClient, error) {
	u, hosts, err := splitRedisURL(rawURL)
	if err != nil {
		return nil, errors.New("redis URL: not a URL") // the cause quotes it
	}
	opts, err := redisOptions(u, hosts)
	if err != nil {
		return nil, fmt.Errorf("redis URL: %w", err)
	}
	redis.SetLogger(redisLog{log})
	client := redis.NewUniversalClient(opts)
	client.AddHook(slowOnRefusal{refusalPause})
	return client, nil
}

// splitRedisURL parses a URL with a list of hosts, which net/url refuses: u has
// the first of them.
func splitRedisURL(raw string) (u *url.URL, hosts []string, err error) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return nil, nil, errors.New("no scheme")
	}
	end := len(rest)
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		end = i
	}
	at := strings.LastIndex(rest[:end], "@") + 1
	hosts = strings.Split(rest[at:end], ",")
	u, err = url.Parse(scheme + "://" + rest[:at] + hosts[0] + rest[end:])
	return u, hosts, err
}

func redisOptions(u *url.URL, hosts []string) (*redis.UniversalOptions, error) {
	kind, encrypted := strings.CutPrefix(u.Scheme, "rediss")
	if !encrypted {
		kind = strings.TrimPrefix(u.Scheme, "redis")
	}
	password, _ := u.User.Password()
	opts := &redis.UniversalOptions{Addrs: redisAddrs(hosts, kind), Username: u.User.Username(), Password: password,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}}
	if encrypted {
		opts.TLSConfig = &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
	}
	if !strings.HasPrefix(u.Scheme, "redis") || u.Host == "" {
		return nil, errors.New("want redis://, redis-sentinel:// or redis-cluster:// and a host")
	}
	if db := strings.Trim(u.Path, "/"); db != "" {
		n, err := strconv.Atoi(db)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("%q is no database number", db)
		}
		opts.DB = n
	}
	return opts, redisKind(u, kind, opts)
}

func redisKind(u *url.URL, kind string, opts *redis.UniversalOptions) error {
	q := u.Query()
	switch kind {
	case "":
		if len(opts.Addrs) > 1 {
			return errors.New("several hosts need redis-sentinel:// or redis-cluster://")
		}
	case "-sentinel":
		opts.MasterName, opts.SentinelPassword, opts.SentinelUsername = q.Get("master"), q.Get("sentinel_password"), q.Get("sentinel_username")
		if opts.MasterName == "" {
			return errors.New("redis-sentinel:// needs ?master=NAME")
		}
	case "-cluster":
		opts.IsClusterMode = true
		if opts.DB != 0 {
			return errors.New("a cluster has no databases by number")
		}
	default:
		return fmt.Errorf("unknown scheme %q", u.Scheme)
	}
	return nil
}

func redisAddrs(hosts []string, kind string) []string {
	port := "6379"
	if kind == "-sentinel" {
		port = "26379"
	}
	addrs := make([]string, len(hosts))
	for i, h := range hosts {
		addrs[i] = h
		if _, _, err := net.SplitHostPort(h); err != nil {
			addrs[i] = net.JoinHostPort(strings.Trim(h, "[]"), port)
		}
	}
	return addrs
}

const refusalPause = 500 * time.Millisecond

// slowOnRefusal waits after a script that the server refused, for want of a
// password, a right or memory. asynq asks again at once, without a pause, and
// would burn most of a core for as long as the refusal lasts.
type slowOnRefusal struct{ pause time.Duration }

func (h slowOnRefusal) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h slowOnRefusal) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if refused(cmd, err) {
			_ = pause(ctx, h.pause) // the refusal is the error to return
		}
		return err
	}
}

func (h slowOnRefusal) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// refused tells whether the server answered a script with an error. A script it
// does not know yet is sent again whole, and is none.
func refused(cmd redis.Cmder, err error) bool {
	var reply redis.Error
	if !errors.As(err, &reply) || errors.Is(err, redis.Nil) || redis.HasErrorPrefix(err, "NOSCRIPT") {
		return false
	}
	return cmd.Name() == "eval" || cmd.Name() == "evalsha"
}
