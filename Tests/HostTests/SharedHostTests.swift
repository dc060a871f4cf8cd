// Hosts that others use too, and homes that hold more than Swoop's: what is another's is not run,
// what is the user's own is not touched, whatever the folder for programs is called.

import Glibc
import SwoopLaunching
import TestHosts
import TestPrograms
import Testing

extension ClusterTests {
    @Suite final class SharedHostTests {
        private static let lab = Result { () throws -> (Lab, LabHost) in
            let lab = try Lab(preparing: [.bookworm])
            return (lab, try lab.host(named: "alpha"))
        }

        private let alpha: LabHost
        private let desk: UserDesk

        init() throws {
            let lab: Lab
            (lab, alpha) = try Self.lab.get()
            desk = try UserDesk(lab)
        }

        private func shell(_ command: String, as user: HostUser = .worker) throws {
            let done = try alpha.run(command, as: user)
            try #require(done.isSuccess, "\(done.output)\(done.errors)")
        }

        @Test func `a space in the folder's name costs nobody a file, whether it comes up or not`()
            throws
        {
            try shell(
                "mkdir -p my/papers 'my data' && echo thesis >my/papers/thesis && echo 1 >data")
            try alpha.limitLink(megabitsPerSecond: 100)
            let stopped = try desk.start(["up", "alpha:folder=~/my data/swoop"])
            let folder = "/home/worker/my data/swoop"
            try stopped.read(until: "it is being sent") { _ in
                alpha.incoming(in: folder).contains { $0.hasPrefix("ssh-") }
            }
            stopped.process.kill(SIGINT)
            #expect(try desk.ended(stopped).status == 1)
            try alpha.unlimitLink()
            #expect(try holds(within: 30) { alpha.incoming(in: folder).isEmpty })
            let up = try desk.swoop("up", "alpha:folder=~/my data/swoop")
            #expect(up.status == 0, "\(up.errors)")
            #expect(try desk.job(20)["right"] == "20")
            #expect(try desk.swoop("down").status == 0)
            #expect(alpha.text(of: "/home/worker/my/papers/thesis") == "thesis\n")
            #expect(alpha.text(of: "/home/worker/data") == "1\n")
            #expect(!alpha.programs(in: folder).isEmpty && alpha.incoming(in: folder).isEmpty)
            #expect(alpha.processesLeft == [] && desk.processesLeft == [])
        }

        @Test func `a folder that another user made first is refused, and nothing of it is run`()
            throws
        {
            // The attacker has the very program, all but its executable.
            let first = try desk.swoop("up", "alpha")
            #expect(first.status == 0, "\(first.errors)")
            try desk.swoop("down")
            try shell(
                """
                mkdir -p -m 1777 /scratch && rm -rf /scratch/swoop
                cp -a /home/worker/.cache/swoop /scratch/swoop
                cd /scratch/swoop && for name in files/*; do
                    printf '#!/bin/sh\\ntouch /tmp/taken\\n' >"$name"
                done
                chown -R 1001:1001 /scratch/swoop
                """, as: .root)
            for mode in ["0755", "0777"] {
                try shell("find /scratch/swoop -type d -exec chmod \(mode) {} +", as: .root)
                let before = alpha.files(under: "/scratch")
                let up = try desk.swoop("up", "alpha:folder=/scratch/swoop")
                #expect(up.status == 1)
                #expect(
                    up.errors.contains("/scratch/swoop belongs to another user (1001)")
                        || up.errors.contains("others can write into /scratch/swoop"),
                    "\(up.errors)")
                #expect(up.errors.contains("name another folder"))
                #expect(alpha.files(under: "/scratch") == before)
            }
            // One above it is as good: its owner puts another in its place.
            let above = try desk.swoop("up", "alpha:folder=/scratch/swoop/files/mine")
            #expect(above.status == 1 && above.errors.contains("/scratch/swoop"), "\(above.errors)")
            #expect(!alpha.files(under: "/tmp").contains("/tmp/taken"))
            // The same folder as the user's own, with what was changed in it: sent again, not run.
            try shell("chown -R 1000:1000 /scratch/swoop; chmod -R go-w /scratch/swoop", as: .root)
            let own = try desk.swoop("up", "alpha:folder=/scratch/swoop")
            #expect(own.status == 0, "\(own.errors)")
            #expect(try desk.job(20)["right"] == "20")
            try desk.swoop("down")
            #expect(!alpha.files(under: "/tmp").contains("/tmp/taken"))
            #expect(alpha.processesLeft == [] && desk.processesLeft == [])
        }

        @Test func `a list that is never read to its end does not keep a signal waiting`() throws {
            let path = desk.folder.path + "/hosts.yaml"
            let isMade = unsafe mkfifo(path, 0o600) == 0
            try #require(isMade)
            let up = try desk.start(["up", path])
            // The tool, and the process that is to hold the cluster.
            #expect(try holds(within: 20) { desk.folder.processes.count == 2 })
            up.process.kill(SIGINT)
            let ended = try desk.ended(up)
            #expect(ended.status == 1 && ended.seconds < 5, "\(ended.seconds) s \(ended.errors)")
            #expect(desk.processesLeft == [])
        }
    }
}
