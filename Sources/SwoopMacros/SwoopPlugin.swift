// The program that the compiler asks to expand Swoop's macros. Linked with swift-syntax from source
// it is a CompilerPlugin; linked with the modules that the toolchain ships, which lack that
// protocol, it listens to the compiler itself.

#if canImport(SwiftCompilerPlugin)
    import SwiftCompilerPlugin
    import SwiftSyntaxMacros

    @main
    struct SwoopPlugin: CompilerPlugin {
        let providingMacros: [any Macro.Type] = swoopMacros
    }
#else
    @_spi(PluginMessage) import SwiftCompilerPluginMessageHandling
    import SwiftSyntaxMacros

    @main
    struct SwoopPlugin: PluginProvider {
        func resolveMacro(moduleName: String, typeName: String) throws -> any Macro.Type {
            for macro in swoopMacros where "\(macro)" == typeName { return macro }
            throw UnknownMacro(name: "\(moduleName).\(typeName)")
        }

        static func main() throws {
            let connection = try StandardIOMessageConnection()
            let listener = CompilerPluginMessageListener(
                connection: connection, provider: SwoopPlugin())
            try listener.main()
        }
    }

    struct UnknownMacro: Error {
        let name: String
    }
#endif

/// Every macro that the plugin expands.
var swoopMacros: [any Macro.Type] { [RemoteMacro.self, RemoteClosureMacro.self, RecordMacro.self] }
