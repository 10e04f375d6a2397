// The rideshare workload under the Grafana Go SDK with every profile type.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"runtime"
	"time"

	"rides/rideshare"

	"github.com/grafana/pyroscope-go"
)

type logger struct{ debug bool }

func (l logger) Infof(f string, a ...any) { log.Printf("[info] "+f, a...) }
func (l logger) Debugf(f string, a ...any) {
	if l.debug {
		log.Printf("[debug] "+f, a...)
	}
}
func (l logger) Errorf(f string, a ...any) { log.Printf("[error] "+f, a...) }

func main() {
	server := flag.String("server", "http://127.0.0.1:4040", "pyroscope server URL")
	seconds := flag.Int("seconds", 60, "how long to run")
	region := flag.String("region", "us-east-1", "region tag")
	app := flag.String("app", "ride-sharing-app", "application name")
	rate := flag.Duration("rate", 15*time.Second, "upload rate")
	tenant := flag.String("tenant", "", "X-Scope-OrgID")
	user := flag.String("user", "", "basic auth user")
	pass := flag.String("password", "", "basic auth password")
	leak := flag.Bool("leak", false, "also the goroutine_leak type (needs GOEXPERIMENT=goroutineleakprofile)")
	debug := flag.Bool("debug", false, "log uploads")
	flag.Parse()

	runtime.SetMutexProfileFraction(5)
	runtime.SetBlockProfileRate(5)
	types := []pyroscope.ProfileType{
		pyroscope.ProfileCPU,
		pyroscope.ProfileAllocObjects, pyroscope.ProfileAllocSpace,
		pyroscope.ProfileInuseObjects, pyroscope.ProfileInuseSpace,
		pyroscope.ProfileGoroutines,
		pyroscope.ProfileMutexCount, pyroscope.ProfileMutexDuration,
		pyroscope.ProfileBlockCount, pyroscope.ProfileBlockDuration,
	}
	if *leak {
		types = append(types, pyroscope.ProfileGoroutineLeak)
		for i := 0; i < 25; i++ {
			go func() { <-make(chan int) }()
		}
	}
	host, _ := os.Hostname()
	p, err := pyroscope.Start(pyroscope.Config{
		ApplicationName:   *app,
		ServerAddress:     *server,
		Logger:            logger{*debug},
		Tags:              map[string]string{"region": *region, "hostname": host, "service_git_ref": "HEAD"},
		ProfileTypes:      types,
		UploadRate:        *rate,
		TenantID:          *tenant,
		BasicAuthUser:     *user,
		BasicAuthPassword: *pass,
	})
	if err != nil {
		log.Fatal(err)
	}
	a := rideshare.New(*region, func(ctx context.Context, fn func(context.Context), kv ...string) {
		pyroscope.TagWrapper(ctx, pyroscope.Labels(kv...), fn)
	})
	base, err := rideshare.Serve(a.Handler())
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(*seconds)*time.Second)
	defer cancel()
	n := rideshare.Load(ctx, base, 6, 30*time.Millisecond)
	log.Printf("%d orders", n)
	p.Flush(true)
	p.Stop()
}
