// Programs under the limits of their process: they take what they may, not what the machine has;
// and where a start lacks something they say which, and how to have more of it.

import Glibc
import SwoopLaunching
import SwoopTransport
import TestPrograms
import Testing

/// A program whose top level is the program, in a shell that limits it first.
private func run(
    _ limits: String = "", environment: [String: String] = [:]
) throws -> ProgramRun {
    let program = try #require(ProgramRun.path(of: "SwoopMainProgram"))
    var free = [
        "SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE", "NCPUS", "PBS_NUM_PPN", "NSLOTS",
        "LSB_MCPU_HOSTS", "LSB_DJOB_NUMPROC",
    ].map { "unset \($0)" }
    free += environment.sorted { $0.key < $1.key }.map { "export \($0.key)='\($0.value)'" }
    let script = (free + [limits, "exec \"$0\" limits"]).filter { !$0.isEmpty }
        .joined(separator: "\n")
    return try ProgramRun(["-c", script, program], in: TestFolder(), program: "/bin/bash")
}

/// It ran to its end, and what it computed is right.
private func expectRight(
    _ run: ProgramRun, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let status = try run.end()
    #expect(status == .exited(0), "\(run.output)\(run.errors)", sourceLocation: sourceLocation)
    #expect(run.values["task"] == "42" && run.values["sum"] == "999000")
}

private let groups = "/sys/fs/cgroup"

/// Control groups of the first edition can be made here.
private func canMakeGroup(of controller: String) -> Bool {
    guard geteuid() == 0 else { return false }
    return unsafe access("\(groups)/\(controller)/cgroup.procs", W_OK) == 0
}

/// A control group for one test; who enters it leaves by ending.
private func withGroup<R>(
    of controller: String, _ settings: [String: String], _ body: (String) throws -> R
) throws -> R {
    let path = "\(groups)/\(controller)/swoop-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    try #require(unsafe mkdir(path, 0o755) == 0)
    defer { _ = try? holds(within: 10) { unsafe rmdir(path) == 0 } }
    for (name, value) in settings {
        let file = unsafe open("\(path)/\(name)", O_WRONLY)
        let bytes = Array(value.utf8)
        try #require(unsafe write(file, bytes, bytes.count) == bytes.count)
        close(file)
    }
    return try body(path)
}

extension ProgramTests {
    @Suite struct LimitTests {
        @Test func `what is printed to a closed stream goes nowhere, least of all into pages`()
            throws
        {
            let program = try #require(ProgramRun.programPath)
            let run = try ProgramRun(
                ["-c", "exec \"$0\" streams <&- >&-", program], in: TestFolder(),
                program: "/bin/bash")
            #expect(try run.end() == .exited(0), "\(run.errors)")
            let told = run.errors.split(separator: "\n").map(String.init)
            #expect(told.contains("sum = 333328333350000"), "\(run.errors)")
            #expect(told.contains("stream 0 = /dev/null"), "\(run.errors)")
            #expect(told.contains("stream 1 = /dev/null"), "\(run.errors)")
        }

        private static let all = ProcessAllowance.cores()

        @Test func `cores are those of affinity and batch system, and no library's threads`() throws
        {
            let all = Self.all
            let cases: [(String, [String: String], Int)] = [
                ("", [:], all), ("taskset -p -c 0 $$ >/dev/null", [:], 1),
                ("", ["SLURM_CPUS_PER_TASK": "1"], 1), ("", ["NSLOTS": "1"], 1),
                ("", ["NCPUS": "\(all + 6)"], all), ("", ["OMP_NUM_THREADS": "1"], all),
            ]
            for (limits, variables, cores) in cases {
                let run = try run(limits, environment: variables)
                try expectRight(run)
                #expect(run.values["cores"] == "\(cores)", "\(limits) \(variables)")
                #expect(run.values["slots"] == "\(cores)", "\(limits) \(variables)")
            }
        }

        @Test(.enabled(if: canMakeGroup(of: "cpu"), "needs root and control groups"))
        func `cores are those of the quota of a control group, and of the groups above it`() throws
        {
            let settings = ["cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "80000"]
            try withGroup(of: "cpu", settings) { path in
                try #require(unsafe mkdir(path + "/inner", 0o755) == 0)
                defer { _ = try? holds(within: 10) { unsafe rmdir(path + "/inner") == 0 } }
                for place in [path, path + "/inner"] {
                    let run = try run("echo $$ >\(place)/cgroup.procs")
                    try expectRight(run)
                    #expect(run.values["cores"] == "1" && run.values["slots"] == "1")
                }
            }
        }

        @Test(arguments: ["ulimit -v 1500000", "ulimit -f 300000", "ulimit -d 600000"])
        func `pages keep within what a process may have`(limit: String) throws {
            let run = try run(limit)
            try expectRight(run)
            let kibibytes = Int(limit.split(separator: " ")[2]) ?? 0
            let budget = Int(run.values["budget"] ?? "") ?? 0
            #expect(budget > 8 << 20 && budget <= kibibytes << 10)
        }

        @Test(.enabled(if: canMakeGroup(of: "memory"), "needs root and control groups"))
        func `more memory for pages than the control group has is told, and not taken`() throws {
            try withGroup(of: "memory", ["memory.limit_in_bytes": "\(900 << 20)"]) { path in
                let script = "echo $$ >\(path)/cgroup.procs; exec \"$0\" chaos local 1 5"
                let program = try #require(ProgramRun.programPath)
                let run = try ProgramRun(
                    ["-c", script, program], in: TestFolder(), program: "/bin/bash")
                #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
                #expect(run.values["right"] == "5", "\(run.output)")
                let lines = run.errors.split(separator: "\n").filter {
                    $0.contains("1024 MiB for pages were asked for")
                }
                #expect(lines.count == 1, "\(run.errors)")
                #expect(lines.first?.contains("here is 900 MiB") == true, "\(lines)")
                #expect(lines.first?.contains("pages get 450 MiB") == true, "\(lines)")
            }
        }

        /// It either works or says which limit it was.
        private func expectWord(_ run: ProgramRun, of limit: String) throws -> Bool {
            let status = try run.end(within: 30)
            if status == .exited(0) {
                #expect(run.values["task"] == "42" && run.values["ended"] == "1")
                return true
            }
            let threw = run.values["threw"] ?? ""
            #expect(status == .exited(1), "\(run.output)\(run.errors)")
            #expect(threw.hasPrefix("unreachable: "), "\(limit): \(threw)")
            #expect(threw.contains(limit), "\(limit): \(threw)")
            return false
        }

        @Test func `with too few open files a start says so, and with a few more it works`() throws
        {
            let working = try [6, 9, 12, 18, 24, 36, 48, 56, 64, 96].filter { count in
                try expectWord(run("ulimit -n \(count)"), of: "ulimit -n")
            }
            #expect(working.contains(96) && !working.contains(24))
        }

        @Test func `a small limit of stacks is no limit of threads, and no crash`() throws {
            for limit in ["ulimit -s 512", "ulimit -s 1024", "ulimit -S -s 128"] {
                try expectRight(run(limit))
            }
            // Where the first thread's cannot be larger, a word and no signal. With less than 24
            // KiB a shell or the loader ends by itself now and then, before anything of ours runs.
            for limit in ["ulimit -s 256", "ulimit -s 64", "ulimit -s 32"] {
                let run = try run(limit)
                #expect(try run.end() == .exited(70), "\(run.output)\(run.errors)")
                #expect(run.errors.contains("`ulimit -s 8192`"), "\(run.errors)")
            }
        }

        @Test func `with few open files that may be more, a start takes more`() throws {
            let run = try run("ulimit -S -n 24")
            try expectRight(run)
            // What tasks start has what the program was started with.
            #expect(run.values["files of a task"] == "24", "\(run.output)")
        }

        @Test func `with too small files, or too little memory, a start says so`() throws {
            for kibibytes in [0, 100, 10_000] {
                #expect(try !expectWord(run("ulimit -f \(kibibytes)"), of: "ulimit -f"))
            }
            for kibibytes in [20_000, 60_000] {
                #expect(try !expectWord(run("ulimit -d \(kibibytes)"), of: "ulimit -d"))
            }
            #expect(try !expectWord(run("ulimit -v 160000"), of: "ulimit -v"))
        }

        @Test(.enabled(if: canMakeGroup(of: "pids"), "needs root and control groups"))
        func `with too few processes and threads a start says so`() throws {
            for count in [4, 8, 12, 16, 20, 24, 28, 64] {
                try withGroup(of: "pids", ["pids.max": "\(count)"]) { path in
                    let works = try expectWord(
                        run("echo $$ >\(path)/cgroup.procs"), of: "pids.max")
                    #expect(works == (count == 64) || (20...28).contains(count))
                }
            }
        }

        @Test(.enabled(if: geteuid() == 0, "needs root"))
        func `of a user who may have no more processes the limit is named`() throws {
            // Nobody else's processes count for a user that exists nowhere.
            let folder = try TestFolder()
            try #require(unsafe chown(folder.path, 61_234, 61_234) == 0)
            let user = "setpriv --reuid 61234 --regid 61234 --clear-groups"
            let program = try #require(ProgramRun.path(of: "SwoopMainProgram"))
            let run = try ProgramRun(
                [
                    "-c", "exec \(user) /bin/bash -c 'ulimit -u 6; exec \"$0\" limits' \"$0\"",
                    program,
                ],
                in: folder, program: "/bin/bash")
            #expect(try !expectWord(run, of: "ulimit -u"))
        }
    }
}
