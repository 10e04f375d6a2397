/** What to paste to send the first profile, for the clients that work with this server. */

export interface Snippet {
    name: string;
    /** What to do first, as a command or a sentence. */
    first: string;
    code: string;
}

/** `server`: the address clients use, without a slash at the end. */
export const snippetsFor = (server: string): Snippet[] => [
    {
        name: "Go",
        first: "go get github.com/grafana/pyroscope-go",
        code: `import "github.com/grafana/pyroscope-go"

func main() {
    pyroscope.Start(pyroscope.Config{
        ApplicationName: "my-app",
        ServerAddress:   "${server}",
        Tags:            map[string]string{"region": "eu"},
    })
    // ... your program
}`,
    },
    {
        name: "Python",
        first: "pip install pyroscope-io",
        code: `import pyroscope

pyroscope.configure(
    application_name="my-app",
    server_address="${server}",
    tags={"region": "eu"},
)`,
    },
    {
        name: "Node.js",
        first: "npm install @pyroscope/nodejs",
        code: `const Pyroscope = require("@pyroscope/nodejs");

Pyroscope.init({
    appName: "my-app",
    serverAddress: "${server}",
    tags: { region: "eu" },
    wall: { collectCpuTime: true },
    flushIntervalMs: 15000,
});
Pyroscope.start();`,
    },
    {
        name: "Rust",
        first: "cargo add pyroscope --features backend-pprof-rs",
        code: `use pyroscope::backend::{pprof_backend, BackendConfig, PprofConfig};
use pyroscope::pyroscope::PyroscopeAgentBuilder;

let backend = pprof_backend(PprofConfig::default(), BackendConfig::default());
let agent = PyroscopeAgentBuilder::new(
    "${server}", "my-app", 100, "pyroscope-rs", env!("CARGO_PKG_VERSION"), backend,
)
.tags(vec![("region", "eu")])
.build()?
.start()?;
// ... your program
agent.stop()?.shutdown();`,
    },
    {
        name: "Grafana Alloy",
        first: "Scrapes /debug/pprof of Go programs; save as config.alloy, then: alloy run config.alloy",
        code: `pyroscope.scrape "default" {
  targets    = [{"__address__" = "localhost:6060", "service_name" = "my-app"}]
  forward_to = [pyroscope.write.default.receiver]
}

pyroscope.write "default" {
  endpoint {
    url = "${server}"
  }
}`,
    },
    {
        name: "go-zero",
        first: "Continuous profiling is built in since 1.8.4; in the service's configuration:",
        code: `Name: my-app
Profiling:
  ServerAddr: ${server}
  CpuThreshold: 0 # always; by default only under load`,
    },
    {
        name: "Go, legacy client",
        first: "go get github.com/pyroscope-io/client",
        code: `import "github.com/pyroscope-io/client/pyroscope"

func main() {
    pyroscope.Start(pyroscope.Config{
        ApplicationName: "my-app",
        ServerAddress:   "${server}",
        Tags:            map[string]string{"region": "eu"},
    })
    // ... your program
}`,
    },
    {
        name: "pprof file",
        first: "Any pprof file, gzipped or not: go test -cpuprofile cpu.pprof, for one",
        code: `curl --data-binary @cpu.pprof "${server}/ingest?name=my-app&format=pprof"`,
    },
    {
        name: "Folded stacks",
        first: "One stack a line, frames joined by semicolons, then a count; as many tools write them",
        code: `printf 'main;parse;read 30\\nmain;parse 12\\nmain;render 58\\n' |
    curl --data-binary @- "${server}/ingest?name=my-app"`,
    },
];
