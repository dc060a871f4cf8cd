// The kernel's end of a package's build: a process of this tool, which prints its progress and
// writes its result to a file. What that does is in PackageBuildSteps.swift.

import FoundationEssentials
import Glibc
import SwoopKernel
import SwoopLaunching
import SwoopModel
import SwoopTransport

/// The kernel's end of a build.
final class PackageBuild {
    let cell: Int
    let wish: PackageWish
    /// What a compiler needs to import what was built.
    private(set) var flags: [String] = []
    /// Where it is built, and stays.
    let folder: String
    private var output = PipeLines()
    private var messages: [UInt8] = []
    /// The process.
    let child: ChildProcess

    /// Begins a build in a new folder.
    ///
    /// - Parameters:
    ///   - number: its place among the builds of the notebook.
    ///   - others: the folders of the packages that are loaded.
    init(
        _ wish: PackageWish, number: Int, cell: Int, folder: String, beside others: [String],
        toolchain: SwiftToolchain
    ) throws {
        self.wish = wish
        self.cell = cell
        self.folder = folder
        let path = try PackageBuild.path(of: wish)
        var request = LaunchRequest(
            program: "/proc/self/exe",
            arguments: [
                "kernel", "package", wish.directive, path, folder, "NotebookPackage\(number)",
            ] + others)
        request.output = .piped
        request.environment = [SwiftToolchain.variable: toolchain.binaries]
        child = try ChildProcess(starting: request)
    }

    /// A path is one from the notebook's folder, which is where Jupyter starts a kernel.
    private static func path(of wish: PackageWish) throws -> String {
        if wish.isRemote { return wish.place }
        var path = wish.place
        if path.hasPrefix("~/"), let home = unsafe getenv("HOME") {
            path = unsafe String(cString: home) + path.dropFirst(1)
        }
        guard SwiftToolchain.isThere(path) else {
            throw ToolError("there is nothing at \(path), seen from \(currentFolder())")
        }
        let whole = try SwiftToolchain.path(ofLink: path)
        guard SwiftToolchain.isThere(whole + "/Package.swift") else {
            throw ToolError("\(whole) is no package: it has no Package.swift")
        }
        return whole
    }

    private static func currentFolder() -> String {
        (try? SwiftToolchain.path(ofLink: ".")) ?? "."
    }

    /// The newest line of what SwiftPM says; nil: nothing new.
    func takeProgress() -> String? {
        output.append(child.standardOutput?.read(limit: 1 << 20) ?? [])
        messages += child.standardError?.read(limit: 1 << 20) ?? []
        return output.take().last.map { String(decoding: $0, as: UTF8.self) }
    }

    /// The package and what SwiftPM said, once the build has ended.
    func result() -> (package: BuiltPackage?, messages: String)? {
        guard child.standardOutput?.isEnded != false, child.standardError?.isEnded != false,
            let status = child.reap()
        else { return nil }
        let said = String(decoding: messages, as: UTF8.self)
        guard status == .exited(0),
            let bytes = try? Data(contentsOf: URL(filePath: folder + "/result.json")),
            let value = try? JSONValue(Array(bytes)), let library = value["built"].string
        else { return (nil, said) }
        flags = value["flags"].elements.compactMap(\.string)
        let modules = value["modules"].elements.compactMap(\.string)
        return (BuiltPackage(wish: wish, library: library, modules: modules), said)
    }
}
