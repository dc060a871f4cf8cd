// `swoop kernel`: Swift cells in Jupyter.

import ArgumentParser
import FoundationEssentials
import Glibc
import SwoopCells
import SwoopFoundation
import SwoopKernel
import SwoopModel

/// The kernel for notebooks.
struct KernelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernel",
        abstract: "Swift cells in Jupyter, and a cluster under them.",
        discussion: """
            EXAMPLES:
              swoop kernel install --user   tell this user's Jupyter of the kernel
              jupyter lab                   choose "Swift (Swoop)" there

            The kernel uses this tool, and what lies beside it, where they are
            now: install it again when the clone has moved.
            """,
        subcommands: [
            KernelInstallCommand.self, KernelRunCommand.self, KernelEvaluateCommand.self,
            KernelAnswerCommand.self, KernelPackageCommand.self,
        ])
}

/// Tells Jupyter of the kernel.
struct KernelInstallCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Tells Jupyter that this kernel is there.",
        discussion: """
            EXAMPLES:
              swoop kernel install --user            for this user
              swoop kernel install --prefix .venv    for an environment of Python
              sudo swoop kernel install              for everybody

            It tries the compiler first and says so when cells could not run.
            """)

    @Flag(help: "For this user alone: $JUPYTER_DATA_DIR, or ~/.local/share/jupyter.")
    var user = false

    @Option(help: "For an environment of Python: its folder.")
    var prefix: String?

    func run() throws {
        try SwoopTool.report(needsProcesses: false) {
            let toolchain = try SwiftToolchain.find()
            let folder = dataFolder() + "/kernels/swoop"
            let executable = try SwiftToolchain.path(ofLink: "/proc/self/exe")
            let spec: JSONValue = [
                "argv": [.text(executable), "kernel", "run", "{connection_file}"],
                "display_name": "Swift (Swoop)", "language": "swift", "interrupt_mode": "message",
                "env": [SwiftToolchain.variable: .text(toolchain.binaries)], "metadata": [:],
            ]
            do {
                try FileManager.default.createDirectory(
                    atPath: folder, withIntermediateDirectories: true)
                try Data((spec.encoded + "\n").utf8).write(
                    to: URL(filePath: folder + "/kernel.json"))
            } catch {
                throw ToolError(
                    "\(folder) cannot be written: with --user the kernel is installed for you "
                        + "alone")
            }
            StandardOutput.write("installed: \(folder)/kernel.json\n")
        }
    }

    private func dataFolder() -> String {
        if let prefix { return prefix + "/share/jupyter" }
        guard user else { return "/usr/local/share/jupyter" }
        let environment = ProcessInfo.processInfo.environment
        if let named = environment["JUPYTER_DATA_DIR"], !named.isEmpty { return named }
        if let data = environment["XDG_DATA_HOME"], !data.isEmpty { return data + "/jupyter" }
        return FileManager.default.homeDirectoryForCurrentUser.path + "/.local/share/jupyter"
    }
}

/// Runs the kernel; Jupyter calls this.
struct KernelRunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs the kernel: Jupyter calls this.",
        discussion: """
            EXAMPLE:
              swoop kernel run /run/user/1000/jupyter/kernel-1.json
            """)

    @ArgumentParser.Argument(help: "Jupyter's connection file.")
    var connectionFile: String

    func run() throws {
        try SwoopTool.report {
            // Interrupts come as messages; a terminal's are for the program that runs in it.
            signal(SIGINT, SIG_IGN)
            let connection = try KernelConnection(at: connectionFile)
            var front = try KernelFront.listening(
                connection, toolchain: SwiftToolchain.find(), version: Version.text)
            try front.run()
        }
    }
}

/// Runs cells; the kernel calls this.
struct KernelEvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Runs cells: the kernel calls this.",
        shouldDisplay: false)

    func run() throws {
        let numbers = LineProcess.numbers
        try SwoopTool.report {
            try LineProcess.checkDescriptors()
            try Evaluator.run(orders: numbers.orders, news: numbers.news)
        }
    }
}
