// `swoop up`: brings hosts up over SSH and leaves a coordinator behind that programs of this user
// find.

import ArgumentParser
import Swoop
import SwoopModel

/// Brings a cluster of hosts up.
struct UpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Brings hosts up over SSH, for the programs of this user.",
        discussion: """
            EXAMPLES:
              swoop up hosts.yaml                  hosts of a file, as in
                                                   Deploy/hosts.example.yaml
              swoop up alpha worker@beta:cores=8   hosts by name or alias
              swoop up local alpha                 this machine is one of them
              swoop up --accept-new alpha          a host that was never seen
              swoop up beta gamma                  on a cluster that is up: beta
                                                   comes back, gamma comes new
              swoop down                           and away with it all

            Where the cluster is up already, hosts that are missing are brought up
            and new ones are added, while its programs go on. A host that is lost
            later is tried again by itself; `swoop status` says when.

            A host is a name, or user@name:SETTING=VALUE,... with the settings
            cores, memory (of pages: 24GiB), folder (of programs), spill (a folder
            on whose disk pages go that memory has no room for), prolog (a line
            for its shell), user, port, identity and address. What is not said
            comes from your SSH configuration.

            A host needs an SSH server, a shell with tar and gzip, /proc, and
            this machine's architecture; nothing is installed there but a cache
            of programs. Keys must work without a prompt: an SSH agent, or key
            files without a passphrase (ed25519, ecdsa).

            One line for each host tells how far it is. The status is 0 when
            every host came up; 1 when one did not: the others are up all the
            same. Ctrl-C before that ends them all again; on a cluster that was
            up before it gives up those that have not joined.
            """)

    @ArgumentParser.Argument(help: "A hosts file (ends in .yaml or .yml), or hosts.")
    var hosts: [String] = []

    @Option(help: "The cluster's name; the file's own, else \"standing\".")
    var name: String?

    @Flag(help: "Take the keys of hosts that were never seen, and note them in known_hosts.")
    var acceptNew = false

    @Option(help: "Seconds that a host may take until somebody is logged in there.")
    var connectLimit = 10

    @Option(help: "Seconds that agents go on without a sign of their coordinator.")
    var grace = Int(Agreed.grace / nanosecondsPerSecond)

    @Flag(help: "Stay, and hold the cluster in this process, until Ctrl-C or SIGTERM.")
    var foreground = false

    @Flag(help: "No lines of progress; at the end a JSON array with an object for each host.")
    var json = false

    func validate() throws {
        try HostArguments.validate(hosts, connectLimit: connectLimit)
        guard (5...86_400).contains(grace) else {
            throw ValidationError("--grace is a number of seconds from 5 to 86400")
        }
        guard !hosts.isEmpty else {
            throw ValidationError("name a hosts file, or hosts: swoop up alpha beta")
        }
    }

    func run() throws {
        let isFile = HostArguments.isFile(hosts[0])
        let cluster = StandingCluster(
            name: name, file: isFile ? hosts[0] : nil, hosts: isFile ? [] : hosts,
            acceptsNewKeys: acceptNew, connectLimit: connectLimit, grace: grace,
            showsProgress: !json)
        try SwoopTool.report {
            do {
                if foreground {
                    guard try cluster.hold(report: tell) else { throw ExitCode(1) }
                } else if let address = try cluster.running() {
                    let order = ClusterHosts(address, showsProgress: !json)
                    let (results, isStopped) = try order.bringUp(cluster.wanted)
                    tell(results, isStopped: isStopped)
                    if results.contains(where: { $0.failure != nil }) { throw ExitCode(1) }
                } else {
                    let reports = try cluster.start()
                    tell(reports)
                    if reports.contains(where: { $0.failure != nil }) { throw ExitCode(1) }
                }
            } catch let error as SwoopError {
                let advice = error.advice.isEmpty ? "" : ". \(error.advice)"
                throw ToolError(error.message + advice)
            }
        }
    }

    private func tell(_ reports: [StandingCluster.HostReport]) { tell(reports, isStopped: nil) }

    /// `isStopped` is nil where the cluster begins with these hosts.
    private func tell(_ reports: [StandingCluster.HostReport], isStopped: Bool?) {
        if json {
            StandardOutput.write(JSONLine.text(of: reports.map(HostJSON.init)) + "\n")
            return
        }
        let joined = reports.count { $0.failure == nil }
        var text =
            "\(joined) of \(Quantities.count(reports.count, "host")) \(joined == 1 ? "is" : "are") up"
        if joined == 0 { text = "no host came up" }
        if isStopped == true {
            text = "stopped: \(joined) of \(Quantities.count(reports.count, "host")) are up"
        } else if isStopped == nil, reports.contains(where: { $0.step == "cancelled" }) {
            text = "stopped: no host is up"
        }
        StandardError.say(text)
    }
}

/// A host as JSON; what does not apply is left out.
struct HostJSON: Encodable {
    var host: String
    var isUp: Bool
    var isCarried: Bool?
    var step: String?
    var message: String?
    var remark: String?

    init(_ report: StandingCluster.HostReport) {
        host = report.host
        isUp = report.failure == nil
        isCarried = isUp ? report.isCarried : nil
        step = isUp ? nil : report.step
        message = report.failure
        remark = report.remark.isEmpty ? nil : report.remark
    }
}
