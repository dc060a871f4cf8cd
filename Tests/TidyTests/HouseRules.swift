// The rules of the house as data: what kind of room each target is, what a room of that kind may
// import and say. The tests of this folder apply them. A new target gets a line in `kinds`; a rule
// that stands in the way of something better is changed here, with the reason in DECISIONS.md.

/// What a target is for, which decides what it may import and say.
enum RoomKind: String, Sendable {
    /// Nouns that every room shares.
    case nouns
    /// Layouts and codecs beneath the user's code, used on both sides of a process boundary.
    case elements
    /// Decides one thing: no clock, no I/O, nothing of its neighbours.
    case machine
    /// The messages and their bytes.
    case wire
    /// Virtual time above the machines.
    case simulation
    /// Headers and system calls that Swift cannot express.
    case c
    /// Touches the world, decides nothing.
    case io
    /// A loop: events in, effects performed.
    case process
    /// Compiler plug-in.
    case macros
    /// What SwiftPM runs before a build.
    case plugin
    /// What a user imports.
    case surface
    /// What a user imports beside Foundation.
    case overlay
    /// Executables above the surface.
    case tool
    /// A program as a user writes one.
    case example
    /// Not shipped.
    case test

    /// Decides, and is handed all it needs.
    var isPure: Bool {
        switch self {
        case .nouns, .elements, .machine, .wire, .simulation: true
        default: false
        }
    }

    /// Kinds of rooms that a room of this kind may depend on.
    ///
    /// A kind that names itself lets neighbours use one another; SwiftPM refuses circles.
    var mayUse: Set<RoomKind> {
        switch self {
        case .nouns, .elements, .c, .plugin: []
        case .macros: [.macros]
        case .machine, .wire: [.nouns]
        case .simulation: [.nouns, .elements, .machine, .wire]
        case .io: [.nouns, .c, .io]
        case .process: [.nouns, .elements, .machine, .wire, .simulation, .c, .io]
        case .surface:
            [
                .nouns, .elements, .machine, .wire, .simulation, .c, .io, .process, .macros,
                .surface,
            ]
        case .overlay: [.surface]
        case .tool:
            [
                .nouns, .elements, .machine, .wire, .simulation, .c, .io, .process, .surface,
                .overlay,
            ]
        case .example: [.surface]
        case .test: Set(RoomKind.all)
        }
    }

    /// Modules of the system and the toolchain that a room of this kind may import.
    var systemModules: Set<String> {
        switch self {
        case .nouns, .elements, .machine, .wire, .simulation, .c: []
        case .io, .process, .surface: ["Glibc", "Synchronization"]
        case .macros:
            [
                "SwiftCompilerPlugin", "SwiftCompilerPluginMessageHandling", "SwiftDiagnostics",
                "SwiftOperators", "SwiftParser", "SwiftSyntax", "SwiftSyntaxBuilder",
                "SwiftSyntaxMacros", "Glibc",
            ]
        case .plugin: ["Foundation", "PackagePlugin"]
        case .overlay: ["FoundationEssentials"]
        case .tool: ["FoundationEssentials", "Glibc", "Synchronization"]
        case .example: ["Foundation", "FoundationEssentials", "Glibc"]
        case .test:
            [
                "Foundation", "FoundationEssentials", "Glibc", "Synchronization", "Testing",
                "SwiftSyntax", "SwiftSyntaxBuilder", "SwiftSyntaxMacros",
                "SwiftSyntaxMacroExpansion", "SwiftParser",
                "SwiftDiagnostics", "SwiftBasicFormat",
            ]
        }
    }

    private static let all: [RoomKind] = [
        .nouns, .elements, .machine, .wire, .simulation, .c, .io, .process, .macros, .surface,
        .overlay, .tool, .example,
    ]
}

/// A word that a room may not say, and why.
struct Ban: Sendable {
    let token: String
    let reason: String

    init(_ token: String, _ reason: String) {
        self.token = token
        self.reason = reason
    }
}

/// What is allowed where.
enum HouseRules {
    /// The kind of every target that is no test.
    static let kinds: [String: RoomKind] = [
        "SwoopModel": .nouns,
        "SwoopElements": .elements,
        "SwoopScheduling": .machine,
        "SwoopExecution": .machine,
        "SwoopSession": .machine,
        "SwoopForecast": .machine,
        "SwoopWire": .wire,
        "SwoopSimulation": .simulation,
        "CSwoopZeroMQ": .c,
        "CSwoopSQLite": .c,
        "CSwoopSSH2": .c,
        "CSwoopYAML": .c,
        "CSwoopZlib": .c,
        "CSwoopSodium": .c,
        "CSwoopSystem": .c,
        "CSwoopSourceKit": .c,
        "SwoopTransport": .io,
        "SwoopStorage": .io,
        "SwoopLaunching": .io,
        "SwoopHosts": .io,
        "SwoopCoordinator": .process,
        "SwoopAgent": .process,
        "SwoopWorker": .process,
        "SwoopMacros": .macros,
        "SwoopExpansion": .macros,
        "SwoopCommit": .plugin,
        "Swoop": .surface,
        "SwoopRoles": .surface,
        "SwoopFoundation": .overlay,
        "SwoopDashboard": .tool,
        "SwoopKernel": .machine,
        "SwoopDisplay": .machine,
        "SwoopCells": .surface,
        "swoop": .tool,
        "DebianRank": .example,
    ]

    /// A test target, or a program that tests start, or what the table says.
    static func kind(of room: PackageGraph.Room) -> RoomKind? {
        room.isTest || room.folder.hasPrefix("Tests/") && kinds[room.name] == nil
            ? .test : kinds[room.name]
    }

    /// Why an import that the table forbids is forbidden.
    static func reason(against module: String, in kind: RoomKind) -> String {
        if kind.isPure, module.hasPrefix("Foundation") {
            return
                "Foundation brings clocks, files and locales: a pure room is handed what it needs"
        }
        if kind.isPure, ["Glibc", "Dispatch", "Synchronization"].contains(module) {
            return
                "a pure room has no system calls, queues or locks: an event carries what they know"
        }
        if module == "Dispatch" { return "threads are ours: loops and slots, no queues" }
        if kind == .tool {
            return "the tool travels to hosts with all that it is linked with: FoundationEssentials"
        }
        if module.hasPrefix("Foundation") {
            return
                "Foundation is for the tool and for people's dates, not for what every task passes"
        }
        return "declare it in Package.swift, if a \(kind.rawValue) room may use it at all"
    }

    /// Nowhere in the package.
    static let bannedEverywhere: [Ban] = [
        Ban("try!", "a trap without a sentence: catch it, or precondition with one"),
        Ban("as!", "a trap without a sentence: `as?` and say what was expected"),
        Ban("fatalError()", "a trap without a sentence helps nobody"),
        Ban("preconditionFailure()", "a trap without a sentence helps nobody"),
        Ban("assertionFailure()", "a trap without a sentence helps nobody"),
        Ban("Task.detached", "every task belongs to a scope that waits for it"),
        Ban("DispatchQueue", "a queue is not a lock, and its threads are not ours"),
        Ban("DispatchSemaphore", "no semaphores: an inbox and an eventfd wake a loop"),
        Ban("@testable", "`package` access lets tests run in release builds too"),
        Ban("dump(", "it prints through a mirror: give the type a description"),
    ]

    /// Not in what is shipped: Sources and Examples.
    static let bannedWhenShipped: [Ban] = [
        Ban("usleep(", "nothing waits by sleeping: loops wait for a message or a deadline"),
        Ban("Thread.sleep", "nothing waits by sleeping: loops wait for a message or a deadline"),
    ]

    /// Not in pure rooms.
    static let bannedInPureRooms: [Ban] = [
        Ban("ContinuousClock", "time is an argument, `now: Timestamp`, or a replay differs"),
        Ban("SuspendingClock", "time is an argument, `now: Timestamp`, or a replay differs"),
        Ban("Date(", "time is an argument, `now: Timestamp`, or a replay differs"),
        Ban("SystemRandomNumberGenerator", "randomness is seeded, or a replay differs"),
        Ban("Mutex", "a machine has one owner, its loop: no locks inside"),
        Ban("Atomic", "a machine has one owner, its loop: no atomics inside"),
        Ban("Thread", "a machine runs where its loop runs"),
        Ban("actor", "nothing may interleave inside `handle`"),
        Ban("Task {", "nothing may interleave inside `handle`"),
        Ban("TaskGroup", "nothing may interleave inside `handle`"),
        Ban("AsyncStream", "effects go to the buffer that the loop hands in"),
        Ban("DispatchTime", "time is an argument, `now: Timestamp`, or a replay differs"),
        Ban("print(", "machines do not print: loops log effects"),
        Ban("readLine(", "a pure room reads nothing: an event carries it"),
        Ban("getenv(", "a pure room reads no environment: its configuration is handed in"),
        Ban("nonisolated(unsafe)", "no global state: a machine owns all of its own"),
    ]

    /// Not in pure rooms, but in SwoopElements, which carries asynchronous user functions.
    static let bannedInMachines: [Ban] = [
        Ban("async", "nothing may interleave inside `handle`"),
        Ban("await", "nothing may interleave inside `handle`"),
    ]

    /// Calls that take randomness from the system unless a generator is handed in.
    static let seeded = [".random(", ".shuffled(", ".shuffle(", ".randomElement("]

    /// Not in I/O and process rooms.
    static let bannedBelowTheSurface: [Ban] = [
        Ban("Task {", "Swift's pool is not ours: I/O belongs to loop threads"),
        Ban("TaskGroup", "Swift's pool is not ours: I/O belongs to loop threads"),
    ]

    /// Names that Swift owns; `Task { … }` must never make a reader wonder.
    static let namesOfSwift: Set<String> = [
        "Task", "TaskGroup", "TaskPriority", "TaskLocal", "Executor", "Actor", "Clock", "Duration",
        "Instant",
    ]

    /// Parts of names that say that no better one was found.
    static let namesWithoutReason = ["Utils", "Utilities", "Helper", "Common", "Manager", "Misc"]

    /// Files, or folders, that may say `unsafe`, and what for; I/O rooms and tests may anywhere.
    static let mayBeUnsafe: [(path: String, reason: String)] = [
        ("Sources/SwoopWire/ByteReader.swift", "bounds of hand-written formats, checked once"),
        ("Sources/SwoopElements/", "values and columns are laid out in borrowed bytes"),
        ("Sources/SwoopAgent/AgentEffects.swift", "copies a page from the arena into a frame"),
        ("Sources/SwoopAgent/AgentPages.swift", "copies a page from a frame into the arena"),
        ("Sources/SwoopAgent/PageExchange.swift", "copies ranges into the arena, and lends them"),
        ("Sources/SwoopAgent/WorkerLink.swift", "copies records out of a ring"),
        (
            "Sources/SwoopWorker/",
            "lends memory to user code, runs jobs, makes functions of offsets"
        ),
        ("Sources/Swoop/Chains/LoopKernels.swift", "the loops that are inlined"),
        ("Sources/Swoop/SwoopError.swift", "decodes an error that a task threw"),
        ("Sources/Swoop/Clusters/InlineCluster.swift", "takes an object through C, counts a page"),
        ("Sources/SwoopRoles/InlineRole.swift", "hands an object through C"),
        (
            "Sources/SwoopCells/Evaluator.swift",
            "runs jobs, loads libraries, uses pipes"
        ),
        ("Sources/SwoopCells/CellValue.swift", "waits for ever"),
        ("Sources/SwoopCells/MainJobs.swift", "keeps jobs by their addresses"),
        ("Sources/SwoopCells/ShownPictures.swift", "lends bytes to zlib"),
        ("Sources/SwoopFoundation/FoundationElements.swift", "takes the bytes of a UUID"),
        ("Sources/SwoopExpansion/SurroundingFile.swift", "reads a file"),
        ("Sources/Swoop/Chains/PagesSource.swift", "the loops that are inlined read pages"),
        ("Sources/Swoop/Chains/ZippedSource.swift", "the loops that are inlined read pages"),
        ("Sources/Swoop/Shuffles/JoinLookup.swift", "keeps words of keys, and reads pages"),
        ("Sources/Swoop/Shuffles/JoinScan.swift", "compares words of keys"),
        ("Sources/Swoop/Chains/Quantiles.swift", "writes numbers as they lie"),
        ("Sources/Swoop/Chains/WholePagesSource.swift", "the loops that are inlined read pages"),
        ("Sources/Swoop/Chains/TextSource.swift", "the loops that are inlined read text"),
        ("Sources/Swoop/Chains/CSVSource.swift", "the loops that are inlined read tables"),
        ("Sources/Swoop/Chains/CappedCollection.swift", "copies encoded elements"),
        ("Sources/Swoop/Chains/WindowedPages.swift", "opens pages for their beginnings"),
        ("Sources/Swoop/Chains/CSVReport.swift", "looks for bad rows as they do"),
        ("Sources/Swoop/Chains/PartSink.swift", "gathers bytes into blocks"),
        ("Sources/Swoop/Chains/PartFormat.swift", "lends text to a block"),
        ("Sources/Swoop/Chains/SaveKernel.swift", "looks at the end of lent arguments"),
        ("Sources/Swoop/Clusters/LocalCluster.swift", "reads the environment"),
        ("Sources/SwoopRoles/RoleStart.swift", "writes to standard error"),
        ("Sources/Swoop/Clusters/StandingClusterStart.swift", "reads and writes a pipe"),
        ("Sources/Swoop/Clusters/BringUpLines.swift", "writes to standard error"),
        ("Sources/Swoop/Clusters/EndingSignals.swift", "waits for signals"),
        ("Sources/Swoop/Clusters/SwoopProgram.swift", "reads the environment"),
        ("Sources/Swoop/Plans/LoopLowering.swift", "makes code offsets of functions"),
        ("Sources/Swoop/Plans/ByteSource.swift", "reads files into arrays"),
        ("Sources/Swoop/Plans/CSVParts.swift", "lends the bytes of a table to its scan"),
        ("Sources/Swoop/Plans/SavedFiles.swift", "writes bytes that were brought"),
        ("Sources/Swoop/Plans/TextParts.swift", "lends the bytes of a text to its format"),
        ("Sources/Swoop/Plans/PlanRecording.swift", "evaluates arithmetic on encoded bytes"),
        ("Sources/Swoop/Plans/LocalPages.swift", "lays out pages of local arrays"),
        ("Sources/Swoop/Proxies/Proxy.swift", "decodes a value from lent bytes"),
        ("Sources/Swoop/Proxies/ProxyArray.swift", "decodes pages from lent bytes"),
        ("Sources/Swoop/Remote/LaterLibraries.swift", "loads libraries, reads a list of them"),
        ("Sources/Swoop/Remote/RemoteRegistry.swift", "reads the linker section of functions"),
        ("Sources/Swoop/Session/ClusterSession.swift", "a key path across an await"),
        ("Sources/Swoop/Session/SessionConsole.swift", "writes to standard error"),
        ("Sources/Examples/DebianRank/", "a program of a user's: files, clocks, a terminal"),
        ("Tests/Benchmarks/", "clocks and pipes of the system"),
        ("Sources/swoop/Kernel/", "pipes, files and the environment of a notebook's processes"),
        ("Sources/swoop/Terminal/", "draws on a terminal, reads its keys, waits for signals"),
    ]

    /// Names at the package's root; `Package.resolved` may be there, ignored or not.
    static let root: Set<String> = [
        ".ci", ".gitignore", ".swift-format", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md",
        "DECISIONS.md",
        "LICENSE", "Makefile", "Package.resolved", "Package.swift", "README.md", "SECURITY.md",
        "Deploy",
        "Examples",
        "Notebooks", "Sources", "Tests",
    ]

    static let lineLengthMax = 100
    static let functionLengthMax = 70
    static let fileLengthMax = 600
    /// Longer files are listed, and nothing more.
    static let fileLengthUsual = 300
    /// Bytes of one file in version control.
    static let blobSizeMax = 200 * 1024
}
