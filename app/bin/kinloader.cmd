@echo off
rem Runs the modular input this file is named after with the first Node.js of the host which is new enough.
setlocal
set "BIN=%~dp0"
set "SCHEME=%~n0"
set "NODE_PATH="
set "NODE_OPTIONS="
set "OPENSSL_CONF="

if defined KINLOADER_NODE call :try "%KINLOADER_NODE%"
if not defined FOUND if defined SPLUNK_HOME call :try "%SPLUNK_HOME%\bin\node.exe"
if not defined FOUND for %%n in (node.exe) do call :try "%%~$PATH:n"
if not defined FOUND call :try "%ProgramFiles%\nodejs\node.exe"
if not defined FOUND (
  echo ERROR kinloader needs Node.js 22.22 or later on this machine: install it, or set KINLOADER_NODE in splunk-launch.conf to its path.>&2
  exit /b 1
)
rem Where the scheme has settings for OpenSSL, its Node.js gets them.
set "SETTINGS="
if exist "%BIN%%SCHEME%.cnf" set SETTINGS="--openssl-config=%BIN%%SCHEME%.cnf"
"%FOUND%" --no-warnings --single-threaded-gc --max-semi-space-size=8 %SETTINGS% "%BIN%app\%SCHEME%.js" %*
exit /b %ERRORLEVEL%

:try
if "%~1"=="" exit /b 0
if not exist "%~1" exit /b 0
set "MAJOR="
set "MINOR="
for /f "tokens=1,2 delims=v." %%a in ('"%~1" --version 2^>nul') do (
  set "MAJOR=%%a"
  set "MINOR=%%b"
)
if not defined MAJOR exit /b 0
if %MAJOR% GTR 22 set "FOUND=%~1"
if %MAJOR% EQU 22 if %MINOR% GEQ 22 set "FOUND=%~1"
exit /b 0
