// build: what somebody meets first. A clean release build of a program of ten lines that depends on
// a clone of this package by its path, with nothing in the environment; what travels of it to a
// host; and its start, here and on two hosts over SSH.

import Glibc

enum FirstBuild {
    /// The program that is built: it prints once its first result is there.
    private static let program = """
        import Swoop
        @Remote func same(_ n: Int) -> Int { n }
        @main struct First {
            static func main() async throws {
                let hosts = Array(CommandLine.arguments.dropFirst())
                let place: ClusterSpec = hosts.isEmpty ? .local : .hosts(HostOptions(hosts))
                try await withCluster(place) { cluster in
                    print(try await cluster.remotely { $0.call(same, 1) }.value)
                }
            }
        }

        """

    private static let manifest = """
        // swift-tools-version: 6.2
        import PackageDescription
        let package = Package(
            name: "First", dependencies: [.package(path: "../swoop")],
            targets: ["First", "FirstWithFoundation"].map {
                .executableTarget(
                    name: $0, dependencies: [.product(name: "Swoop", package: "swoop")])
            })

        """

    private static let hosts = ["alpha", "beta"]

    static func run() async throws {
        let folder = try output(of: "mktemp -d").split(separator: "\n").joined()
        defer { _ = try? output(of: "rm -rf '\(folder)'") }
        let root = executable().split(separator: "/").prefix { $0 != ".build" }
        try prepare(folder, clone: "/" + root.joined(separator: "/"))
        let before = childrenCPU()
        let first = try await timed { try build(folder, "--product First") }
        let cpu = childrenCPU() - before
        say("a clean release build of ten lines took \(first) s, and \(cpu) s of its processors")
        try build(folder, "--product FirstWithFoundation")
        var extra: [(String, Double)] = [("first_build_s", first), ("first_build_cpu_s", cpu)]
        let products = "\(folder)/first/.build/release"
        extra += try travels("\(products)/First", "bundle_dynamic", "bundle_dynamic_compressed")
        extra += try travels(
            "\(products)/FirstWithFoundation", "foundation_dynamic",
            "foundation_dynamic_compressed")
        extra += try starts("\(products)/First")
        try build(folder, "--static-swift-stdlib --product First")
        try build(folder, "--static-swift-stdlib --product FirstWithFoundation")
        extra += try travels("\(products)/First", "bundle_static", "bundle_compressed")
        extra += try travels(
            "\(products)/FirstWithFoundation", "foundation_static", "foundation_compressed")
        emit("build", "swoop", n: 1, seconds: [first], extra: extra)
    }

    /// Seconds of processors that children took which have ended.
    private static func childrenCPU() -> Double {
        var usage = rusage()
        unsafe getrusage(RUSAGE_CHILDREN.rawValue, &usage)
        func seconds(_ time: timeval) -> Double {
            Double(time.tv_sec) + Double(time.tv_usec) / 1e6
        }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    /// Writes the package, clones this one, and lets what it fetched stand in for the network.
    private static func prepare(_ folder: String, clone: String) throws {
        _ = try output(
            of: """
                set -e; cd '\(folder)'; git clone -q '\(clone)' swoop; mkdir -p home
                mkdir -p first/Sources/First first/Sources/FirstWithFoundation
                printf '[safe]\\n directory = *\\n' >home/.gitconfig
                for package in swift-argument-parser swift-collections swift-numerics; do
                    for fetched in '\(clone)'/.build/repositories/$package-*; do
                        [ -d "$fetched" ] || continue
                        printf '[url "file://%s"]\\n insteadOf = https://github.com/apple/%s\\n' \
                            "$fetched" "$package" >>home/.gitconfig
                    done
                done
                """)
        try write(manifest, to: "\(folder)/first/Package.swift")
        try write(program, to: "\(folder)/first/Sources/First/First.swift")
        let other = "import Foundation\n\n" + program.replacing("print(", with: "print(Date(), ")
        try write(other, to: "\(folder)/first/Sources/FirstWithFoundation/First.swift")
    }

    private static func write(_ text: String, to path: String) throws {
        guard let file = unsafe fopen(path, "w") else { throw WrongAnswer() }
        defer { unsafe fclose(file) }
        guard unsafe fputs(text, file) >= 0 else { throw WrongAnswer() }
    }

    private static func build(_ folder: String, _ options: String) throws {
        _ = try output(
            of: """
                cd '\(folder)/first' && env -i HOME='\(folder)/home' PATH="$PATH" \
                    swift build -c release \(options) >&2
                """)
    }

    /// MB of the files that a host gets for a program, by these names: as they lie there, and as
    /// they are sent. Nothing without hosts.
    private static func travels(
        _ program: String, _ bytes: String, _ sent: String
    ) throws -> [(String, Double)] {
        guard let configuration = variable("SWOOP_SSH_CONFIG") else { return [] }
        let text = try output(
            of: """
                set -e; there() { ssh -F '\(configuration)' \(hosts[0]) "$@"; }
                there rm -rf .cache/swoop; '\(program)' \(hosts[0]) >&2
                there 'ls -l .cache/swoop/programs/*/' >&2
                there 'cat .cache/swoop/files/* | wc -c; cat .cache/swoop/files/* | gzip -1 | wc -c'
                """)
        let numbers = text.split(separator: "\n").compactMap { Double($0) }
        guard numbers.count == 2 else { throw WrongAnswer() }
        return [("\(bytes)_mb", numbers[0] / 1e6), ("\(sent)_mb", numbers[1] / 1e6)]
    }

    /// Seconds from the start of the process to its first result, in medians.
    private static func starts(_ program: String) throws -> [(String, Double)] {
        func median(_ body: () throws -> Double) rethrows -> Double {
            try (0..<repetitions).map { _ in try body() }.sorted()[repetitions / 2]
        }
        func start(_ arguments: String) throws -> Double {
            let began = seconds()
            guard let pipe = unsafe popen("exec '\(program)' \(arguments)", "r") else {
                throw WrongAnswer()
            }
            let isAnswered = unsafe fgetc(pipe) == Int32(UInt8(ascii: "1"))
            let taken = seconds() - began
            guard unsafe pclose(pipe) == 0, isAnswered else { throw WrongAnswer() }
            return taken
        }
        _ = try start("")
        var figures = [("local_s", try median { try start("") })]
        guard let configuration = variable("SWOOP_SSH_CONFIG") else {
            say("its start on two hosts is left out: they are made by `make bench` as root")
            return figures
        }
        let names = hosts.joined(separator: " ")
        figures.append(
            (
                "cold_s",
                try median {
                    for host in hosts {
                        _ = try output(of: "ssh -F '\(configuration)' \(host) rm -rf .cache/swoop")
                    }
                    return try start(names)
                }
            ))
        figures.append(("warm_s", try median { try start(names) }))
        return figures
    }
}
