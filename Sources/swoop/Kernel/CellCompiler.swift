// Runs the compiler for cells, a process at a time: one reads a cell's text, another makes its
// library.

import Glibc
import SwoopKernel
import SwoopLaunching
import SwoopModel
import SwoopTransport

/// The compiler of a session, with the folder in which its modules and libraries are.
final class CellCompiler {
    /// What a process of the compiler has come to.
    enum Result {
        case parsed(cell: Int, tree: JSONValue?, messages: String)
        case compiled(cell: Int, library: String?, messages: String)
    }

    private enum Job {
        case parsing(Int)
        case compiling(Int)
    }

    private let toolchain: SwiftToolchain
    private let folder: String
    private var job: Job?
    private var output: [UInt8] = []
    private var messages: [UInt8] = []
    private var linkFiles: [Set<String>: Int] = [:]
    private var packageFlags: [String] = []
    private var packageFolders: [String] = []
    private var packagesBegun = 0
    private var package: PackageBuild?
    private var child: ChildProcess?

    /// The processes that run.
    var children: [ChildProcess] { [child, package?.child].compactMap { $0 } }

    /// A compiler with a new folder of its own.
    init(_ toolchain: SwiftToolchain) throws {
        self.toolchain = toolchain
        var template = Array("/tmp/swoop-kernel-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else {
            throw ToolError("no folder can be made in /tmp: \(SystemWords.of(errno))")
        }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes the folder.
    func end() {
        stop()
        var request = LaunchRequest(program: "/bin/rm", arguments: ["-rf", folder])
        request.output = .discarded
        if let child = try? ChildProcess(starting: request) { _ = child.waitUntilEnded() }
    }

    /// Has a text read; in messages its lines are those of `file`.
    func parse(cell: Int, text: String, file: String) throws {
        // The compiler calls a file as it was named to it.
        try write(text, to: file)
        try start(
            toolchain.binaries + "/swift-frontend",
            [
                "-frontend", "-dump-parse", "-dump-ast-format", "json", "-diagnostic-style", "llvm",
                "-swift-version", "6", "-module-name", CellNames.module(of: cell), file,
            ], .parsing(cell))
    }

    /// Has a cell's library made.
    func compile(_ source: CellSource) throws {
        let module = CellNames.module(of: source.cell)
        try write(source.source, to: "\(module).swift")
        let script = """
            exec 2>&1
            "$bin/swift-frontend" "$@" -o "$module.o" &&
            { [ -e "$links" ] || { "$bin/swift-autolink-extract" "$module.o" -o "$module.link" &&
              mv "$module.link" "$links"; }; } &&
            marks= &&
            if grep -qa relaswoop_remote "$module.o"; then
              marks=-Wl,-u,__start_swoop_remote,-u,__stop_swoop_remote; fi &&
            "$bin/clang" -shared $marks -nostartfiles -fuse-ld=lld -Wl,--as-needed \
              -o "lib$module.so" \
              "$runtime/x86_64/swiftrt.o" "$module.o" -L"$runtime" -Wl,-rpath,"$runtime" \
              "@$links" -Wl,--wrap=swift_task_asyncMainDrainQueue,--wrap=swift_errorInMain \
              || exit 1
            rm -f "$module.o" "$module.swiftsourceinfo"
            """
        let flags =
            [
                "-frontend", "-c", "-primary-file", "\(module).swift", "-module-name", module,
                "-emit-module-path", "\(module).swiftmodule", "-emit-module-doc-path",
                "\(module).swiftdoc", "-O", "-gline-tables-only",
                "-entry-point-function-name", CellSource.entry(of: source.cell),
                "-disable-objc-interop", "-diagnostic-style", "llvm",
            ] + languageFlags
        try start(
            "/bin/sh", ["-c", script, "sh"] + flags, .compiling(source.cell),
            environment: [
                "bin": toolchain.binaries, "module": module, "runtime": toolchain.libraries,
                "links": links(of: source),
            ])
    }

    /// The file that says which libraries a cell is linked with: reading them out of an object
    /// takes a fifth of a small cell's time, and cells with the same imports have the same.
    private func links(of source: CellSource) -> String {
        let number = linkFiles[source.imports] ?? linkFiles.count
        linkFiles[source.imports] = number
        return "links\(number)"
    }

    /// What the compiler needs to understand a cell's text.
    var languageFlags: [String] {
        [
            "-I", folder, "-enable-testing", "-swift-version", "6",
            "-target", "x86_64-unknown-linux-gnu",
            "-plugin-path", SwiftToolchain.parent(of: toolchain.libraries) + "/host/plugins",
            "-module-cache-path", CellCompiler.moduleCache() ?? "\(folder)/cache",
        ] + toolchain.swoopFlags + packageFlags
    }

    /// Begins to build a package for a cell.
    func build(cell: Int, _ wish: PackageWish) throws {
        stop()
        let place = "\(folder)/package\(cell)-\(packagesBegun)"
        packagesBegun += 1
        package = try PackageBuild(
            wish, number: packagesBegun, cell: cell, folder: place, beside: packageFolders,
            toolchain: toolchain)
    }

    /// Ends what runs; its result is not told.
    func stop() {
        child?.endNow()
        child = nil
        job = nil
        package?.child.endNow()
        package = nil
    }

    /// Reads the output of a package's build, and its result once it has ended.
    func advancePackage() -> [KernelEvent] {
        guard let package else { return [] }
        var events: [KernelEvent] = []
        if let text = package.takeProgress() {
            events.append(.packageProgress(cell: package.cell, text: text))
        }
        if let (built, messages) = package.result() {
            if built != nil {
                packageFlags += package.flags
                packageFolders.append(package.folder)
            }
            self.package = nil
            events.append(.packageBuilt(cell: package.cell, built, messages: messages))
        }
        return events
    }

    /// Reads what the process has said; the result once it has ended.
    func advance() -> Result? {
        guard let child, let job else { return nil }
        if let pipe = child.standardOutput { output += pipe.read(limit: 1 << 20) }
        if let pipe = child.standardError { messages += pipe.read(limit: 1 << 20) }
        guard child.standardOutput?.isEnded != false, child.standardError?.isEnded != false,
            let status = child.reap()
        else { return nil }
        self.child = nil
        self.job = nil
        let isGood = status == .exited(0)
        switch job {
        case .parsing(let cell):
            let tree = isGood ? try? JSONValue(output) : nil
            return .parsed(
                cell: cell, tree: tree, messages: String(decoding: messages, as: UTF8.self))
        case .compiling(let cell):
            let library = "\(folder)/lib\(CellNames.module(of: cell)).so"
            return .compiled(
                cell: cell, library: isGood ? library : nil,
                messages: String(decoding: output, as: UTF8.self))
        }
    }

    /// The compiler's own cache, where there is one: what is in it need not be made again.
    private static func moduleCache() -> String? {
        guard let home = unsafe getenv("HOME").map({ unsafe String(cString: $0) }),
            unsafe access(home, W_OK) == 0
        else { return nil }
        return home + "/.cache/clang/ModuleCache"
    }

    private func start(
        _ program: String, _ arguments: [String], _ job: Job, environment: [String: String] = [:]
    ) throws {
        stop()
        output = []
        messages = []
        var request = LaunchRequest(program: program, arguments: arguments)
        request.output = .piped
        request.folder = folder
        request.environment = environment
        child = try ChildProcess(starting: request)
        self.job = job
    }

    private func write(_ text: String, to name: String) throws {
        let path = "\(folder)/\(name)"
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw ToolError("\(path): \(SystemWords.of(errno))") }
        defer { _ = close(file) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { bytes in
                unsafe Glibc.write(file, bytes.baseAddress, bytes.count)
            }
            guard count > 0 else { throw ToolError("\(path): \(SystemWords.of(errno))") }
            rest = rest.dropFirst(count)
        }
    }
}
