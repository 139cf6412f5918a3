import { accidents } from './rolling/accidents.ts'
import { applications } from './rolling/app.ts'
import { rollingBed } from './rolling/bed.ts'
import { upgrade } from './rolling/upgrade.ts'
import { webServers } from './rolling/web.ts'

/** Three tiers that are rolled again and again, under load on both floating addresses; each part finds all in service. */
const bed = rollingBed()

webServers(bed)
upgrade(bed)
applications(bed)
accidents(bed)
