// `swoop doctor`: this machine and hosts, looked at without bringing anything up; each finding with
// the way to mend it.

import ArgumentParser
import Swoop
import SwoopHosts
import SwoopLaunching
import SwoopModel

/// Looks at machines for what Swoop needs.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract:
            "Looks at this machine and at hosts for what Swoop needs, and says how to mend it.",
        discussion: """
            EXAMPLES:
              swoop doctor                     this machine
              swoop doctor alpha worker@beta   this machine, and two hosts
              swoop doctor hosts.yaml          the hosts of a file
              swoop doctor --json alpha | jq -r '.[].findings[] | .advice'

            It looks at what a start takes (processes, files, memory), the system and
            its architecture, clock, cores and limits of the process, memory, shared
            memory, the disk for programs, loopback, the SSH client and keys. Of a
            host also: whether it can be reached and logged into, whether a program
            could run there, and whether it reaches this machine's ports. Nothing
            is started on a host, and nothing left but the folder for programs.

            A fault is what Swoop cannot run with; a warning is what it runs with,
            but less well. The status is 1 when there is a fault, else 0.
            """)

    @ArgumentParser.Argument(help: "A hosts file (ends in .yaml or .yml), or hosts.")
    var hosts: [String] = []

    @Flag(help: "Take the keys of hosts that were never seen, and note them in known_hosts.")
    var acceptNew = false

    @Option(help: "Seconds that a host may take until somebody is logged in there.")
    var connectLimit = 10

    @Flag(help: "A JSON array with an object for each machine; `findings` has one for each.")
    var json = false

    func validate() throws { try HostArguments.validate(hosts, connectLimit: connectLimit) }

    func run() throws {
        try SwoopTool.report(needsProcesses: false) {
            let list = try HostArguments.list(hosts)
            var options = BringUpOptions()
            options.connectLimit = Int64(connectLimit) * nanosecondsPerSecond
            options.acceptsNewKeys = acceptNew
            let architecture = Bundle.architecture
            let own = try OwnExaminer.run(
                LocalOptions().startNeeds, options, architecture: architecture)
            let others = try HostExaminer(
                hosts: list, options: options, architecture: architecture
            ).run()
            let all = [own] + others
            if json {
                StandardOutput.write(JSONLine.text(of: all.map(ExaminationJSON.init)) + "\n")
            } else {
                StandardOutput.write(FindingLines.text(of: all, bold: StandardOutput.isColoured))
            }
            StandardError.say(FindingLines.summary(of: all))
            if all.contains(where: { $0.findings.contains { $0.state == .fault } }) {
                throw ExitCode(1)
            }
        }
    }
}
