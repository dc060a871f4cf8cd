// Hosts that do not come up, all in one call of the tool: each is told of by host, step and the
// other side's own words, in time; nobody is asked anything; the others come up.

import Foundation
import Glibc
import TestHosts
import TestPrograms
import Testing

/// What `swoop up --json` says of a host.
private struct HostOfUp: Decodable {
    var host: String
    var isUp: Bool
    var step: String?
    var message: String?
}

extension ClusterTests {
    @Suite final class UpErrorTests {
        private let lab: Lab
        private let desk: UserDesk
        private let folder: TestFolder
        private var configuration = ""
        private var knownHosts = ""

        init() throws {
            lab = try Lab(preparing: [.bookworm])
            folder = try TestFolder()
            desk = try UserDesk(lab, configuration: folder.path + "/ssh_config")
            for (name, kind) in [("stranger", "ed25519"), ("rsa", "rsa"), ("other", "ed25519")] {
                try tool("ssh-keygen -q -N '' -t \(kind) -f '\(folder.path)/\(name)'")
            }
        }

        private func tool(_ script: String) throws {
            let done = try runScript(script, named: script)
            try #require(done.isSuccess, "\(done.output)\(done.errors)")
        }

        /// Makes a host known under its name, by its own key unless told.
        @discardableResult
        private func host(
            _ name: String, _ options: [HostOption] = [], identity: String? = nil,
            key: String? = nil
        ) throws -> LabHost {
            let host = try lab.host(named: name, options: options)
            configure(name, host.address, identity: identity)
            if key != "" { knownHosts += "\(host.address) \(key ?? host.publicKey)\n" }
            try writeConfiguration()
            return host
        }

        private func configure(_ name: String, _ address: String, identity: String? = nil) {
            configuration += """
                Host \(name)
                  HostName \(address)
                  User worker
                  IdentityFile \(identity ?? lab.identityPath)
                  IdentitiesOnly yes
                  UserKnownHostsFile \(folder.path)/known_hosts
                  GlobalKnownHostsFile /dev/null

                """
        }

        private func writeConfiguration() throws {
            try write(configuration, to: folder.path + "/ssh_config")
            try write(knownHosts, to: folder.path + "/known_hosts")
        }

        /// Makes a host that says it is another machine: what is asked of it is `uname -m`.
        private func pretendAnotherArchitecture(_ host: LabHost) throws {
            let done = try host.run(
                #"mv /usr/bin/uname /usr/bin/uname.own && printf '%s\n' '#!/bin/sh'"#
                    + #" '[ "$1" != -m ] || { echo aarch64; exit; }' 'exec uname.own "$@"'"#
                    + " >/usr/bin/uname && chmod 755 /usr/bin/uname", as: .root)
            try #require(done.isSuccess, "\(done.errors)")
        }

        @Test func `every way to fail is one clear message, in one call, and the others come up`()
            throws
        {
            let good = try host("good")
            let other = try String(contentsOfFile: folder.path + "/other.pub", encoding: .utf8)
            let otherKey = other.split(separator: " ").prefix(2).joined(separator: " ")
            try host("changedkey", key: otherKey)
            try host("unknownkey", key: "")
            try host("refusedkey", identity: folder.path + "/stranger")
            try host("rsakey", identity: folder.path + "/rsa")
            try host("noshell", [.noShell])
            try host("fulldisk", [.smallDisk(megabytes: 20)])
            try host("noexec", [.noexecHome])
            try host("noproc", [.noProc])
            try host("notar", [.noArchiver])
            try pretendAnotherArchitecture(try host("oldarch"))
            try (try host("blackhole")).block(.everything, to: lab.address)
            let expected: [(host: String, step: String, words: [String])] = [
                ("nosuchhost", "connect", ["has no address here", "It said: "]),
                ("changedkey", "host key", ["SHA256:", folder.path + "/known_hosts:"]),
                ("unknownkey", "host key", ["was never seen here", "accept-new unknownkey true"]),
                ("refusedkey", "login", [folder.path + "/stranger", "ssh-copy-id"]),
                ("rsakey", "login", ["ssh-keygen -t ed25519"]),
                ("noshell", "check", ["no shell", "This account is currently not available"]),
                ("fulldisk", "check", ["free and the program needs", "name another folder"]),
                ("noexec", "check", ["nothing can be executed", "Permission denied"]),
                ("noproc", "check", ["/proc is not mounted"]),
                ("notar", "check", ["there is no gzip"]),
                ("oldarch", "check", ["aarch64 machine", "built for x86_64"]),
                ("blackhole", "connect", ["no answer within", "port 22"]),
            ]
            let run = try desk.start(
                ["up", "--connect-limit", "4", "--json", "good"] + expected.map(\.host))
            let up = try desk.ended(run)
            #expect(up.status == 1)
            // The limit, what `good` takes to get the program, and a busy machine.
            #expect(up.seconds < 4 + 16, "\(up.seconds) s")
            let hosts = try JSONDecoder().decode([HostOfUp].self, from: Data(up.output.utf8))
            #expect(hosts.map(\.host) == ["good"] + expected.map(\.host))
            #expect(hosts.filter(\.isUp).map(\.host) == ["good"], "\(up.output)")
            for (host, wanted) in zip(hosts.dropFirst(), expected) {
                let message = host.message ?? ""
                #expect(host.step == wanted.step, "\(host.host): \(message)")
                #expect(message.hasPrefix("\(wanted.host): \(wanted.step): "), "\(message)")
                for words in wanted.words { #expect(message.contains(words), "\(message)") }
            }
            #expect(try desk.job(20)["right"] == "20")
            // What failed before anything ran there has nothing of ours.
            for host in lab.hosts where host.name != "good" {
                #expect(host.processes().map(\.command) == [], "\(host.name)")
                #expect(host.programs() == [], "\(host.name)")
            }
            try desk.swoop("down")
            #expect(good.processesLeft == [] && desk.processesLeft == [])
        }

        @Test func `nobody is asked anything at a terminal, and a new key is taken where told`()
            throws
        {
            let host = try host("unknown", key: "")
            try makeHostWithPassphrase()
            let refused = try desk.swoopAtTerminal("up", "unknown", "locked", within: 20)
            #expect(refused.status == 1)
            #expect(refused.output.contains("swoop: unknown: host key: "), "\(refused.output)")
            #expect(refused.output.contains("ssh-add \(folder.path)/locked"), "\(refused.output)")
            #expect(refused.output.contains("swoop: no host came up"))
            for word in ["(yes/no", "passphrase for", "password:"] {
                #expect(!refused.output.contains(word))
            }
            #expect(desk.processesLeft == [])
            let taken = try desk.swoop("up", "--accept-new", "unknown")
            #expect(taken.status == 0, "\(taken.errors)")
            try desk.swoop("down")
            let known = try desk.swoop("up", "unknown")
            #expect(known.status == 0, "\(known.errors)")
            try desk.swoop("down")
            #expect(host.processesLeft == [])
        }

        /// A host whose key has a passphrase that nobody is there to type.
        private func makeHostWithPassphrase() throws {
            try tool("ssh-keygen -q -N secret -t ed25519 -f '\(folder.path)/locked'")
            try host("locked", identity: folder.path + "/locked")
        }
    }
}
