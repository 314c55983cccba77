"""One command, as cron jobs and web pages run them; what follows the first blank line of the answer is its output."""
import sys
from optparse import OptionParser

from ESL import *

parser = OptionParser()
parser.add_option("-s", "--server", default="127.0.0.1")
parser.add_option("-p", "--port", default="8021")
parser.add_option("-a", "--auth", default="ClueCon")
(options, args) = parser.parse_args()

con = ESLconnection(options.server, options.port, options.auth)
if not con.connected():
    print("Not Connected")
    sys.exit(2)
e = con.api(args[0], " ".join(args[1:]))
print(e.getBody())
print(e.serialize().split("\n\n", 1)[1])
con.disconnect()
