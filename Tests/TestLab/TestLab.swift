// Test hosts for people: brings some up, says how to reach them, and ends them with its input, or
// with the command that it runs.

import Glibc
import SwoopLaunching
import TestHosts

/// `TestLab [NAME[:bullseye] ...] [-- COMMAND ...]`.
@main
enum TestLab {
    static func main() {
        do {
            exit(try run(Array(CommandLine.arguments.dropFirst())))
        } catch {
            print("\(error)")
            exit(1)
        }
    }

    private static func run(_ arguments: [String]) throws -> Int32 {
        let parts = arguments.split(separator: "--", maxSplits: 1, omittingEmptySubsequences: false)
        let names = parts.first.map(Array.init) ?? []
        let lab = try Lab()
        defer { lab.end() }
        for name in names.isEmpty ? ["alpha", "beta"] : names {
            let words = name.split(separator: ":", maxSplits: 1).map(String.init)
            guard let release = DebianRelease(rawValue: words.count > 1 ? words[1] : "bookworm")
            else {
                print("\(words[1]): bookworm and bullseye are the releases of test hosts")
                return 2
            }
            let host = try lab.host(named: words[0], release)
            // A command has standard output for itself.
            if parts.count < 2 { print("\(words[0]) is \(host.address)") }
        }
        guard parts.count > 1, !parts[1].isEmpty else {
            print("this machine is \(lab.address)")
            print("export SWOOP_SSH_CONFIG=\(lab.configurationPath)")
            print("ssh -F \(lab.configurationPath) NAME; they end with the end of this input")
            fflush(nil)
            while readLine() != nil {}
            return 0
        }
        return try run(Array(parts[1]), in: lab)
    }

    private static func run(_ command: [String], in lab: Lab) throws -> Int32 {
        var request = LaunchRequest(program: "/usr/bin/env", arguments: command)
        request.environment["SWOOP_SSH_CONFIG"] = lab.configurationPath
        // For what is to run in a host's network: NAME=PROCESS=ADDRESS of each.
        request.environment["SWOOP_LAB"] = lab.hosts.map {
            "\($0.name)=\($0.firstProcess)=\($0.address)"
        }.joined(separator: " ")
        fflush(nil)
        switch try ChildProcess(starting: request).waitUntilEnded() {
        case .exited(let code): return code
        case .signalled(let signal): return 128 + signal
        }
    }
}
